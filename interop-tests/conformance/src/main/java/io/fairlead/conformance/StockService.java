package io.fairlead.conformance;

import com.google.protobuf.Message;
import connectrpc.conformance.v1.ConformanceServiceGrpc.ConformanceServiceImplBase;
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
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** The suite's service on stock generated code. It may block: its executor has threads enough. */
final class StockService extends ConformanceServiceImplBase {
  @Override
  public void unary(UnaryRequest request, StreamObserver<UnaryResponse> out) {
    answer(
        request.getResponseDefinition(),
        List.of(request),
        payload -> UnaryResponse.newBuilder().setPayload(payload).build(),
        out);
  }

  @Override
  public void idempotentUnary(
      IdempotentUnaryRequest request, StreamObserver<IdempotentUnaryResponse> out) {
    answer(
        request.getResponseDefinition(),
        List.of(request),
        payload -> IdempotentUnaryResponse.newBuilder().setPayload(payload).build(),
        out);
  }

  @Override
  public StreamObserver<ClientStreamRequest> clientStream(
      StreamObserver<ClientStreamResponse> out) {
    List<ClientStreamRequest> all = new ArrayList<>();
    quiet(out);
    return new Requests<>() {
      @Override
      public void onNext(ClientStreamRequest request) {
        all.add(request);
      }

      @Override
      public void onCompleted() {
        answer(
            all.isEmpty()
                ? UnaryResponseDefinition.getDefaultInstance()
                : all.get(0).getResponseDefinition(),
            all,
            payload -> ClientStreamResponse.newBuilder().setPayload(payload).build(),
            out);
      }
    };
  }

  @Override
  public void serverStream(ServerStreamRequest request, StreamObserver<ServerStreamResponse> out) {
    Replies replies = new Replies(StockServer.call());
    replies.received(request);
    quiet(out);
    sendRest(replies, BlockingService::ofServerStream, out);
  }

  @Override
  public StreamObserver<BidiStreamRequest> bidiStream(StreamObserver<BidiStreamResponse> out) {
    Replies replies = new Replies(StockServer.call());
    quiet(out);
    return new Requests<>() {
      private boolean over;

      @Override
      public void onNext(BidiStreamRequest request) {
        if (over) {
          return;
        }
        replies.received(request);
        if (replies.isFullDuplex() && replies.hasNext()) {
          pause(replies.delayMs());
          out.onNext(BlockingService.ofBidiStream(replies.next()));
        } else if (replies.isFullDuplex()) {
          over = true;
          sendRest(replies, BlockingService::ofBidiStream, out);
        }
      }

      @Override
      public void onCompleted() {
        if (!over) {
          sendRest(replies, BlockingService::ofBidiStream, out);
        }
      }
    };
  }

  private static <R> void answer(
      UnaryResponseDefinition definition,
      List<? extends Message> requests,
      Function<ConformancePayload, R> wrap,
      StreamObserver<R> out) {
    Inbound call = StockServer.call();
    call.answer(definition.getResponseHeadersList(), definition.getResponseTrailersList());
    pause(definition.getResponseDelayMs());
    if (isCancelled(out)) {
      return;
    }
    try {
      out.onNext(wrap.apply(Replies.one(definition, call.info(requests))));
      out.onCompleted();
    } catch (StatusRuntimeException e) {
      out.onError(e);
    }
  }

  private static <R> void sendRest(
      Replies replies, Function<ConformancePayload, R> wrap, StreamObserver<R> out) {
    while (replies.hasNext()) {
      pause(replies.delayMs());
      if (isCancelled(out)) {
        return;
      }
      out.onNext(wrap.apply(replies.next()));
    }
    StatusRuntimeException failure = replies.failure();
    if (failure == null) {
      out.onCompleted();
    } else {
      out.onError(failure);
    }
  }

  /** Without a handler, a message after a cancellation throws. */
  private static void quiet(StreamObserver<?> out) {
    ((ServerCallStreamObserver<?>) out).setOnCancelHandler(() -> {});
  }

  private static boolean isCancelled(StreamObserver<?> out) {
    return ((ServerCallStreamObserver<?>) out).isCancelled();
  }

  /** The contract asks for pauses; nothing is waited for. */
  private static void pause(int ms) {
    try {
      TimeUnit.MILLISECONDS.sleep(ms);
    } catch (InterruptedException e) {
      throw Status.CANCELLED.withCause(e).asRuntimeException();
    }
  }

  /** A stream of requests. */
  private abstract static class Requests<T> implements StreamObserver<T> {
    @Override
    public void onError(Throwable failure) {
      // The call has ended: there is nobody to answer.
    }
  }
}
