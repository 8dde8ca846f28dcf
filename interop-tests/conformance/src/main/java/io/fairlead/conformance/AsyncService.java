package io.fairlead.conformance;

import com.google.protobuf.Message;
import connectrpc.conformance.v1.ConformanceServiceAsync;
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
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executors;
import java.util.concurrent.Flow;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The suite's service, written not to block. One for each call. */
final class AsyncService implements ConformanceServiceAsync {
  private static final ScheduledExecutorService TIMER =
      Executors.newSingleThreadScheduledExecutor();

  private final Inbound call;

  AsyncService(CallContext call) {
    this.call = Inbound.of(call);
  }

  @Override
  public CompletionStage<UnaryResponse> unary(UnaryRequest request) {
    return answer(request.getResponseDefinition(), List.of(request))
        .thenApply(payload -> UnaryResponse.newBuilder().setPayload(payload).build());
  }

  @Override
  public CompletionStage<IdempotentUnaryResponse> idempotentUnary(IdempotentUnaryRequest request) {
    return answer(request.getResponseDefinition(), List.of(request))
        .thenApply(payload -> IdempotentUnaryResponse.newBuilder().setPayload(payload).build());
  }

  @Override
  public CompletionStage<ClientStreamResponse> clientStream(
      Flow.Publisher<ClientStreamRequest> requests) {
    AllRequests<ClientStreamRequest> all = new AllRequests<>();
    requests.subscribe(all);
    return all.complete
        .thenCompose(
            list ->
                answer(
                    list.isEmpty()
                        ? UnaryResponseDefinition.getDefaultInstance()
                        : list.get(0).getResponseDefinition(),
                    list))
        .thenApply(payload -> ClientStreamResponse.newBuilder().setPayload(payload).build());
  }

  @Override
  public Flow.Publisher<ServerStreamResponse> serverStream(ServerStreamRequest request) {
    Replies replies = new Replies(call);
    replies.received(request);
    Outbox<ServerStreamResponse> out = new Outbox<>();
    sendRest(replies, BlockingService::ofServerStream, out);
    return out;
  }

  @Override
  public Flow.Publisher<BidiStreamResponse> bidiStream(Flow.Publisher<BidiStreamRequest> requests) {
    Outbox<BidiStreamResponse> out = new Outbox<>();
    requests.subscribe(new Conversation(new Replies(call), out));
    return out;
  }

  private CompletionStage<ConformancePayload> answer(
      UnaryResponseDefinition definition, List<? extends Message> requests) {
    call.answer(definition.getResponseHeadersList(), definition.getResponseTrailersList());
    CompletableFuture<ConformancePayload> payload = new CompletableFuture<>();
    after(
        definition.getResponseDelayMs(),
        () -> {
          try {
            payload.complete(Replies.one(definition, call.info(requests)));
          } catch (RuntimeException e) {
            payload.completeExceptionally(e);
          }
        });
    return payload;
  }

  private static <T> void sendRest(
      Replies replies, Function<ConformancePayload, T> wrap, Outbox<T> out) {
    if (out.isOver()) {
      return;
    }
    if (!replies.hasNext()) {
      out.end(replies.failure());
      return;
    }
    after(
        replies.delayMs(),
        () -> {
          out.send(wrap.apply(replies.next()));
          sendRest(replies, wrap, out);
        });
  }

  private static void after(int ms, Runnable action) {
    if (ms == 0) {
      action.run();
    } else {
      var unused = TIMER.schedule(action, ms, TimeUnit.MILLISECONDS);
    }
  }

  /** Reads requests one at a time, and answers each before the next, or all at the end. */
  private static final class Conversation implements Flow.Subscriber<BidiStreamRequest> {
    private final Replies replies;
    private final Outbox<BidiStreamResponse> out;
    private Flow.@Nullable Subscription subscription;
    private boolean answering;
    private boolean complete;

    Conversation(Replies replies, Outbox<BidiStreamResponse> out) {
      this.replies = replies;
      this.out = out;
    }

    @Override
    public void onSubscribe(Flow.Subscription given) {
      subscription = given;
      given.request(1);
    }

    @Override
    public synchronized void onNext(BidiStreamRequest request) {
      replies.received(request);
      if (!replies.isFullDuplex()) {
        more();
      } else if (replies.hasNext()) {
        answering = true;
        after(replies.delayMs(), this::answerOne);
      } else {
        out.end(replies.failure());
      }
    }

    private synchronized void answerOne() {
      answering = false;
      out.send(BlockingService.ofBidiStream(replies.next()));
      if (complete) {
        sendRest(replies, BlockingService::ofBidiStream, out);
      } else {
        more();
      }
    }

    private void more() {
      Flow.Subscription known = subscription;
      if (known != null) {
        known.request(1);
      }
    }

    @Override
    public void onError(Throwable failure) {
      out.end(failure);
    }

    @Override
    public synchronized void onComplete() {
      complete = true;
      if (!answering) {
        sendRest(replies, BlockingService::ofBidiStream, out);
      }
    }
  }

  /** Keeps all requests until the last has come. */
  private static final class AllRequests<T> implements Flow.Subscriber<T> {
    final CompletableFuture<List<T>> complete = new CompletableFuture<>();
    private final List<T> requests = new ArrayList<>();

    @Override
    public void onSubscribe(Flow.Subscription subscription) {
      subscription.request(Long.MAX_VALUE);
    }

    @Override
    public void onNext(T request) {
      requests.add(request);
    }

    @Override
    public void onError(Throwable failure) {
      complete.completeExceptionally(failure);
    }

    @Override
    public void onComplete() {
      complete.complete(requests);
    }
  }
}
