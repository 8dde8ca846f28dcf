package io.fairlead.contract.server;

import io.fairlead.Source;
import io.fairlead.contract.internal.stream.BlockingPump;
import io.fairlead.contract.internal.stream.MessagePump;
import io.fairlead.internal.executor.ConcurrencyPermit;
import io.fairlead.internal.executor.HandlerBatches;
import io.fairlead.internal.executor.HandlerExecutor;
import io.fairlead.internal.executor.HandlerTask;
import io.fairlead.internal.executor.InterruptGuard;
import io.grpc.Status;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Runs a handler that may block: offloads it once, to a thread that may wait.
 *
 * <p>The threads are those of the server, which its transport carries as an attribute. The caller's
 * cancellation interrupts the handler through a guard, so that the interrupt cannot hit the next
 * call on the same thread. The permit of the call is held until the handler has left the thread.
 */
final class BlockingInvocation<Q, R, I, O> implements HandlerInvocation<Q, R, I, O>, HandlerTask {
  private final ServerCallState<Q, R, I, O> callState;
  private final BiConsumer<BlockingInvocation<Q, R, I, O>, O> send;
  private final InterruptGuard guard = new InterruptGuard();
  private @Nullable I input;
  private volatile @Nullable MessagePump messagePump;
  private volatile @Nullable Status cancelled;

  private BlockingInvocation(
      ServerCallState<Q, R, I, O> call, BiConsumer<BlockingInvocation<Q, R, I, O>, O> send) {
    this.callState = call;
    this.send = send;
  }

  static <Q, R, I> BlockingInvocation<Q, R, I, R> one(ServerCallState<Q, R, I, R> call) {
    return new BlockingInvocation<>(call, BlockingInvocation::sendOne);
  }

  static <Q, R, I> BlockingInvocation<Q, R, I, Source<R>> many(
      ServerCallState<Q, R, I, Source<R>> call) {
    return new BlockingInvocation<>(call, BlockingInvocation::sendMany);
  }

  private static <Q, R, I> void sendOne(BlockingInvocation<Q, R, I, R> self, R response) {
    self.callState.writer().sendResponse(response);
  }

  private static <Q, R, I> void sendMany(
      BlockingInvocation<Q, R, I, Source<R>> self, Source<R> responses) {
    MessagePump made =
        MessagePump.of(
            responses, self.callState.writer(), self.callState.method(), HandlerExecutor.shared());
    self.messagePump = made;
    Status over = self.cancelled;
    if (over != null) {
      made.stop(self.callState.failure(over));
    }
    if (made instanceof BlockingPump<?> here) {
      // This thread is the handler's own and has nothing else to do.
      here.run();
    } else {
      made.start();
    }
  }

  @Override
  public void begin(I complete) {
    input = complete;
    HandlerExecutor handlers = callState.call().getAttributes().get(HandlerExecutor.ATTRIBUTE);
    if (handlers == null) {
      handlers = HandlerExecutor.shared();
    }
    if (callState.isUnary()) {
      HandlerBatches.run(this, callState.bound().pace(), handlers);
      return;
    }
    try {
      handlers.runStream(this);
    } catch (RejectedExecutionException e) {
      onRejected(e);
    }
  }

  @Override
  public void onRejected(RejectedExecutionException why) {
    callState
        .writer()
        .overloaded("no thread to serve " + callState.method() + ": " + why.getMessage());
  }

  @Override
  public void run() {
    I known = input;
    input = null;
    if (known == null) {
      return;
    }
    ConcurrencyPermit permit = ConcurrencyPermit.of(callState.context().context());
    if (permit != null && !permit.acquire()) {
      return; // over before it began
    }
    long start = System.nanoTime();
    try {
      answer(known);
    } finally {
      callState.bound().pace().record(System.nanoTime() - start);
      if (permit != null) {
        permit.release();
      }
    }
  }

  /** Runs the handler on this thread, unless the call was cancelled before it came here. */
  private void answer(I known) {
    if (!guard.enter()) {
      return;
    }
    try {
      callState.answer(known, this, send);
    } finally {
      guard.exit();
    }
  }

  @Override
  public void onReady() {
    MessagePump known = messagePump;
    if (known != null) {
      known.onReady();
    }
  }

  @Override
  public void onCancel(Status why) {
    cancelled = why;
    MessagePump known = messagePump;
    if (known != null) {
      known.stop(callState.failure(why));
    }
    guard.interrupt();
  }
}
