package io.fairlead.contract.server;

import io.fairlead.contract.internal.stream.PublisherPump;
import io.fairlead.internal.executor.EventLoopBlockDetector;
import io.fairlead.internal.executor.LoopActivity;
import io.grpc.Status;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Runs a handler that never blocks, on the event loop itself.
 *
 * <p>The response arrives when its stage completes, on whichever thread completes it. A stream of
 * responses is subscribed to, and cancelled when the caller leaves. The block detector watches the
 * handler under the method's name.
 */
final class AsyncInvocation<Q, R, I, O> implements HandlerInvocation<Q, R, I, O> {
  private final ServerCallState<Q, R, I, O> callState;
  private final BiConsumer<AsyncInvocation<Q, R, I, O>, O> send;
  private volatile @Nullable PublisherPump<R> pump;

  private AsyncInvocation(
      ServerCallState<Q, R, I, O> call, BiConsumer<AsyncInvocation<Q, R, I, O>, O> send) {
    this.callState = call;
    this.send = send;
  }

  static <Q, R, I> AsyncInvocation<Q, R, I, CompletionStage<R>> one(
      ServerCallState<Q, R, I, CompletionStage<R>> call) {
    return new AsyncInvocation<>(call, AsyncInvocation::sendOne);
  }

  static <Q, R, I> AsyncInvocation<Q, R, I, Flow.Publisher<R>> many(
      ServerCallState<Q, R, I, Flow.Publisher<R>> call) {
    return new AsyncInvocation<>(call, AsyncInvocation::sendMany);
  }

  private static <Q, R, I> void sendOne(
      AsyncInvocation<Q, R, I, CompletionStage<R>> self, CompletionStage<R> stage) {
    ServerResponseWriter<R> writer = self.callState.writer();
    var unused =
        stage.whenComplete(
            (response, failure) -> {
              if (failure != null) {
                writer.fail(failure);
              } else if (response == null) {
                writer.fail(
                    new NullPointerException(
                        "the stage of " + self.callState.method() + " completed with null"));
              } else {
                writer.sendResponse(response);
              }
            });
  }

  private static <Q, R, I> void sendMany(
      AsyncInvocation<Q, R, I, Flow.Publisher<R>> self, Flow.Publisher<R> responses) {
    PublisherPump<R> made =
        new PublisherPump<>(responses, self.callState.writer(), self.callState.method());
    self.pump = made;
    made.start();
    if (self.callState.context().isCancelled()) {
      made.stop();
    }
  }

  @Override
  public void begin(I input) {
    LoopActivity activity = EventLoopBlockDetector.shared().enter(callState.method());
    try {
      callState.answer(input, this, send);
    } finally {
      EventLoopBlockDetector.exit(activity);
    }
  }

  @Override
  public void onReady() {
    PublisherPump<R> known = pump;
    if (known != null) {
      known.onReady();
    }
  }

  @Override
  public void onCancel(Status why) {
    PublisherPump<R> known = pump;
    if (known != null) {
      known.stop();
    }
  }
}
