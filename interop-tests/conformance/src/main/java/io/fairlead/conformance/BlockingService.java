package io.fairlead.conformance;

import com.google.protobuf.Message;
import connectrpc.conformance.v1.ConformanceService;
import connectrpc.conformance.v1.Service.BidiStreamRequest;
import connectrpc.conformance.v1.Service.BidiStreamResponse;
import connectrpc.conformance.v1.Service.ClientStreamRequest;
import connectrpc.conformance.v1.Service.ClientStreamResponse;
import connectrpc.conformance.v1.Service.ConformancePayload;
import connectrpc.conformance.v1.Service.IdempotentUnaryRequest;
import connectrpc.conformance.v1.Service.IdempotentUnaryResponse;
import connectrpc.conformance.v1.Service.ServerStreamRequest;
import connectrpc.conformance.v1.Service.ServerStreamResponse;
import connectrpc.conformance.v1.Service.UnaryRequest;
import connectrpc.conformance.v1.Service.UnaryResponse;
import connectrpc.conformance.v1.Service.UnaryResponseDefinition;
import io.fairlead.CallContext;
import io.fairlead.Source;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * The suite's service, written to block. The method that no server implements is left to the
 * default of the generated interface.
 */
final class BlockingService implements ConformanceService {
  @Override
  public UnaryResponse unary(UnaryRequest request) {
    return UnaryResponse.newBuilder()
        .setPayload(answer(request.getResponseDefinition(), List.of(request)))
        .build();
  }

  @Override
  public IdempotentUnaryResponse idempotentUnary(IdempotentUnaryRequest request) {
    return IdempotentUnaryResponse.newBuilder()
        .setPayload(answer(request.getResponseDefinition(), List.of(request)))
        .build();
  }

  @Override
  public ClientStreamResponse clientStream(Source<ClientStreamRequest> requests) {
    List<ClientStreamRequest> all = requests.toList();
    UnaryResponseDefinition definition =
        all.isEmpty()
            ? UnaryResponseDefinition.getDefaultInstance()
            : all.get(0).getResponseDefinition();
    return ClientStreamResponse.newBuilder().setPayload(answer(definition, all)).build();
  }

  @Override
  public Source<ServerStreamResponse> serverStream(ServerStreamRequest request) {
    Replies replies = new Replies(Inbound.of(CallContext.current()));
    replies.received(request);
    return Source.from(out -> sendRest(replies, BlockingService::ofServerStream, out));
  }

  @Override
  public Source<BidiStreamResponse> bidiStream(Source<BidiStreamRequest> requests) {
    Replies replies = new Replies(Inbound.of(CallContext.current()));
    return Source.from(
        out -> {
          try (requests) {
            for (BidiStreamRequest request : requests) {
              replies.received(request);
              if (replies.isFullDuplex()) {
                if (!replies.hasNext()) {
                  break;
                }
                sendNext(replies, BlockingService::ofBidiStream, out);
              }
            }
            sendRest(replies, BlockingService::ofBidiStream, out);
          }
        });
  }

  private static ConformancePayload answer(
      UnaryResponseDefinition definition, List<? extends Message> requests) {
    Inbound call = Inbound.of(CallContext.current());
    call.answer(definition.getResponseHeadersList(), definition.getResponseTrailersList());
    try {
      pause(definition.getResponseDelayMs());
    } catch (InterruptedException e) {
      // The runtime knows why it interrupted, and says that.
      throw Status.CANCELLED.withCause(e).asRuntimeException();
    }
    return Replies.one(definition, call.info(requests));
  }

  private static <T> void sendRest(
      Replies replies, Function<ConformancePayload, T> wrap, Source.Out<T> out)
      throws InterruptedException {
    while (replies.hasNext()) {
      sendNext(replies, wrap, out);
    }
    StatusRuntimeException failure = replies.failure();
    if (failure != null) {
      throw failure;
    }
  }

  private static <T> void sendNext(
      Replies replies, Function<ConformancePayload, T> wrap, Source.Out<T> out)
      throws InterruptedException {
    pause(replies.delayMs());
    out.send(wrap.apply(replies.next()));
  }

  /** The contract asks for pauses; nothing is waited for. */
  private static void pause(int ms) throws InterruptedException {
    TimeUnit.MILLISECONDS.sleep(ms);
  }

  static ServerStreamResponse ofServerStream(ConformancePayload payload) {
    return ServerStreamResponse.newBuilder().setPayload(payload).build();
  }

  static BidiStreamResponse ofBidiStream(ConformancePayload payload) {
    return BidiStreamResponse.newBuilder().setPayload(payload).build();
  }
}
