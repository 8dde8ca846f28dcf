package io.fairlead.contract;

import io.fairlead.internal.executor.EventLoopBlockDetector;
import io.fairlead.internal.executor.LoopActivity;
import io.grpc.Context;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** Runs code that never blocks, on the event loop itself. */
final class AsyncAnswering<Q, R, I, O> implements Answering<Q, R, I, O> {
  private final ServedCall<Q, R, I, O> served;
  private final BiConsumer<AsyncAnswering<Q, R, I, O>, O> send;
  private volatile @Nullable PublisherPump<R> pump;

  private AsyncAnswering(
      ServedCall<Q, R, I, O> served, BiConsumer<AsyncAnswering<Q, R, I, O>, O> send) {
    this.served = served;
    this.send = send;
  }

  static <Q, R, I> AsyncAnswering<Q, R, I, CompletionStage<R>> one(
      ServedCall<Q, R, I, CompletionStage<R>> served) {
    return new AsyncAnswering<>(served, AsyncAnswering::sendOne);
  }

  static <Q, R, I> AsyncAnswering<Q, R, I, Flow.Publisher<R>> many(
      ServedCall<Q, R, I, Flow.Publisher<R>> served) {
    return new AsyncAnswering<>(served, AsyncAnswering::sendMany);
  }

  private static <Q, R, I> void sendOne(
      AsyncAnswering<Q, R, I, CompletionStage<R>> self, CompletionStage<R> stage) {
    Reply<R> reply = self.served.reply();
    var unused =
        stage.whenComplete(
            (response, failure) -> {
              if (failure != null) {
                reply.fail(failure);
              } else if (response == null) {
                reply.fail(
                    new NullPointerException(
                        "the stage of " + self.served.method() + " completed with null"));
              } else {
                reply.answer(response);
              }
            });
  }

  private static <Q, R, I> void sendMany(
      AsyncAnswering<Q, R, I, Flow.Publisher<R>> self, Flow.Publisher<R> responses) {
    PublisherPump<R> made = new PublisherPump<>(self.served.reply(), self.served.method());
    self.pump = made;
    responses.subscribe(made);
    if (self.served.context().isCancelled()) {
      made.stop();
    }
  }

  @Override
  public void begin(I input) {
    Context context = served.context().context();
    Context previous = context.attach();
    LoopActivity activity = EventLoopBlockDetector.shared().enter(served.method());
    try {
      O result = served.run(input);
      if (result != null) {
        send.accept(this, result);
      }
    } catch (Throwable e) {
      served.reply().fail(e);
    } finally {
      EventLoopBlockDetector.exit(activity);
      context.detach(previous);
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
  public void onCancel() {
    PublisherPump<R> known = pump;
    if (known != null) {
      known.stop();
    }
  }
}
