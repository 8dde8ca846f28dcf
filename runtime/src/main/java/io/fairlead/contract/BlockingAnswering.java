package io.fairlead.contract;

import io.fairlead.RpcException;
import io.fairlead.Source;
import io.fairlead.internal.executor.ConcurrencyPermit;
import io.fairlead.internal.executor.HandlerExecutor;
import io.fairlead.internal.executor.InterruptGuard;
import io.grpc.Context;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Runs code that may block: hops once, to a thread that may wait. The caller's cancellation
 * interrupts it.
 */
final class BlockingAnswering<Q, R, I, O> implements Answering<Q, R, I, O>, Runnable {
  private final ServedCall<Q, R, I, O> served;
  private final BiConsumer<BlockingAnswering<Q, R, I, O>, O> send;
  private final InterruptGuard guard = new InterruptGuard();
  private @Nullable I input;
  private volatile @Nullable Pump pump;
  private volatile boolean cancelled;

  private BlockingAnswering(
      ServedCall<Q, R, I, O> served, BiConsumer<BlockingAnswering<Q, R, I, O>, O> send) {
    this.served = served;
    this.send = send;
  }

  static <Q, R, I> BlockingAnswering<Q, R, I, R> one(ServedCall<Q, R, I, R> served) {
    return new BlockingAnswering<>(served, BlockingAnswering::sendOne);
  }

  static <Q, R, I> BlockingAnswering<Q, R, I, Source<R>> many(
      ServedCall<Q, R, I, Source<R>> served) {
    return new BlockingAnswering<>(served, BlockingAnswering::sendMany);
  }

  private static <Q, R, I> void sendOne(BlockingAnswering<Q, R, I, R> self, R response) {
    self.served.reply().answer(response);
  }

  private static <Q, R, I> void sendMany(
      BlockingAnswering<Q, R, I, Source<R>> self, Source<R> responses) {
    Pump made =
        Pump.of(responses, self.served.reply(), self.served.method(), HandlerExecutor.shared());
    self.pump = made;
    if (self.cancelled) {
      made.stop(self.cancellation());
    }
    if (made instanceof ThreadPump<?> here) {
      // This thread is the handler's own and has nothing else to do.
      here.run();
    } else {
      made.start();
    }
  }

  @Override
  public void begin(I complete) {
    input = complete;
    HandlerExecutor handlers = served.call().getAttributes().get(HandlerExecutor.ATTRIBUTE);
    if (handlers == null) {
      handlers = HandlerExecutor.shared();
    }
    try {
      if (served.call().getMethodDescriptor().getType() == MethodType.UNARY) {
        handlers.run(this);
      } else {
        handlers.runStream(this);
      }
    } catch (RejectedExecutionException e) {
      served.reply().overloaded("no thread to serve " + served.method() + ": " + e.getMessage());
    }
  }

  @Override
  public void run() {
    I known = input;
    input = null;
    if (known == null) {
      return;
    }
    Context context = served.context().context();
    ConcurrencyPermit permit = ConcurrencyPermit.of(context);
    if (permit != null && !permit.acquire()) {
      return; // over before it began
    }
    try {
      answer(known, context);
    } finally {
      if (permit != null) {
        permit.release();
      }
    }
  }

  private void answer(I known, Context context) {
    if (!guard.enter()) {
      return;
    }
    // For the answer too: a generator is code of the handler's.
    Context previous = context.attach();
    try {
      O result = served.run(known);
      if (result != null) {
        send.accept(this, result);
      }
    } catch (Throwable e) {
      served.reply().fail(e);
    } finally {
      context.detach(previous);
      guard.exit();
    }
  }

  @Override
  public void onReady() {
    Pump known = pump;
    if (known != null) {
      known.onReady();
    }
  }

  @Override
  public void onCancel() {
    cancelled = true;
    Pump known = pump;
    if (known != null) {
      known.stop(cancellation());
    }
    guard.interrupt();
  }

  private RpcException cancellation() {
    return RpcException.of(
        served.method(),
        Status.CANCELLED.withDescription("the caller cancelled, or has gone"),
        null,
        RpcException.Origin.LOCAL);
  }
}
