package io.fairlead.client.internal;

import com.google.common.util.concurrent.MoreExecutors;
import com.google.protobuf.ByteString;
import io.fairlead.observe.CallOutcome.CacheUse;
import io.grpc.CallOptions;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Deadline;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * A unary call of a method that has a cache. It gets its response from there, waits for a {@link
 * SharedFlight}, or makes attempts itself as any call does.
 *
 * <p>One thread after the other writes its fields: who begins it, then who ends it. Its own
 * deadline, context and caller end its wait.
 */
final class CacheableCall<Q, R> extends UnaryCall<Q, R> {
  private @Nullable ByteString key;
  private CacheUse use = CacheUse.BYPASSED;
  private long ageNanos;
  private @Nullable R given;
  private @Nullable Metadata givenHeaders;

  /** What it waits for. Volatile, so that a cancellation and a beginning cannot miss each other. */
  private volatile @Nullable SharedFlight<Q, R> flight;

  private volatile @Nullable Future<?> timer;
  private final Context.CancellationListener inbound =
      context -> leave(Contexts.statusFromCancelled(context));

  CacheableCall(
      ClientStack stack,
      MethodDescriptor<Q, R> method,
      CallOptions options,
      @Nullable Deadline deadline,
      long startedNanos) {
    super(stack, method, options, deadline, startedNanos);
  }

  /** Returns what makes it equal to others; null for a call that the cache has no part in. */
  @Nullable ByteString key() {
    return key;
  }

  void key(@Nullable ByteString found) {
    key = found;
  }

  CacheUse use() {
    return use;
  }

  void use(CacheUse how) {
    use = how;
  }

  /** Returns the age of the response that the cache gave, in nanoseconds. */
  long ageNanos() {
    return ageNanos;
  }

  /** Takes a response that the cache has kept. */
  @SuppressWarnings("unchecked") // of the one method of this call
  void hit(Object response, long age) {
    use = CacheUse.HIT;
    ageNanos = age;
    given = (R) response;
    givenHeaders = new Metadata();
  }

  /** Takes what the call that it waited for got; nothing for a failure. */
  void take(@Nullable R response, @Nullable Metadata headers) {
    given = response;
    givenHeaders = headers;
  }

  /**
   * Waits for a call that it has joined.
   *
   * @param timed whether its own deadline may end before that call's
   */
  void waitFor(SharedFlight<Q, R> joined, boolean timed) {
    flight = joined;
    long left = timed ? leftNanos() : Long.MAX_VALUE;
    if (left != Long.MAX_VALUE) {
      timer = stack.environment.schedule(() -> leave(Status.DEADLINE_EXCEEDED), left);
    }
    context().addListener(inbound, MoreExecutors.directExecutor());
    if (isCancelled()) {
      leave(Status.CANCELLED.withDescription("the caller cancelled"));
    }
    if (!joined.isWaiting(this)) {
      stopWaiting(); // its end has come meanwhile, and may have found no timer to stop
    }
  }

  /** Lets go of what would end the wait. */
  void stopWaiting() {
    Future<?> running = timer;
    if (running != null) {
      running.cancel(false);
    }
    context().removeListener(inbound);
  }

  /** Returns whether it ended because this side wished so, which is no failure. */
  boolean isGivenUp() {
    return isCancelled() || context().isCancelled();
  }

  private void leave(Status why) {
    SharedFlight<Q, R> joined = flight;
    if (joined != null) {
      joined.leave(this, why);
    }
  }

  @Override
  void end(Status asked) {
    super.end(asked);
    leave(asked);
  }

  @Override
  public void deliver(Status status, Metadata trailers) {
    R response = given;
    if (response == null || !status.isOk()) {
      super.deliver(status, trailers);
    } else {
      if (givenHeaders != null) {
        listener().onHeaders(givenHeaders);
      }
      listener().onMessage(response);
      listener().onClose(status, trailers);
    }
  }
}
