package io.fairlead.server.internal.stack;

import io.fairlead.contract.internal.stream.DropAfterCancelServerCall;
import io.fairlead.internal.executor.HandlerScope;
import io.fairlead.server.internal.call.DeferredCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import java.lang.System.Logger.Level;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Takes a call off the event loop, because code that we did not generate may block.
 *
 * <p>The call waits as a {@link DeferredCall} until a thread takes it, and its events follow in
 * order on such threads. A call that finds no thread is rejected. An event of a call that has begun
 * must not be lost, so it goes to the reserve thread when all others are busy. Our own bindings
 * offload by themselves, only where they have to.
 *
 * @param threads begin calls, and may refuse when all are busy
 * @param reserve takes the events of calls that have begun when the threads refuse
 */
record OffloadInterceptor(Executor threads, Executor reserve) implements ServerInterceptor {
  private static final System.Logger LOG = System.getLogger(OffloadInterceptor.class.getName());

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    DeferredCall<Q, R> deferred =
        new DeferredCall<>(new DropAfterCancelServerCall<>(call), headers, next) {
          @Override
          protected @Nullable Runnable enterScope() {
            return HandlerScope.enter(call);
          }
        };
    deferred.start(threads, this::runOrReserve);
    return deferred;
  }

  /** Runs events of a call that has begun; they must not be lost when all threads are busy. */
  private void runOrReserve(Runnable events) {
    try {
      threads.execute(events);
    } catch (RejectedExecutionException full) {
      useReserve(events);
    }
  }

  private void useReserve(Runnable events) {
    try {
      reserve.execute(events);
    } catch (RejectedExecutionException closed) {
      // The server has closed, and no thread is left: such an event can only be a late
      // cancellation.
      LOG.log(Level.DEBUG, "a handler was not told that its call had ended: its server is closed");
    }
  }

  @Override
  public String toString() {
    return "offload to a thread that may block";
  }
}
