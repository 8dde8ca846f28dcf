package io.fairlead.client.internal;

import com.google.common.util.concurrent.MoreExecutors;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import com.google.protobuf.ByteString;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Status;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The call that several equal calls wait for. It has the request, headers, options and deadline of
 * the one that founded it, and no caller of its own: {@link CacheLayer} takes its end.
 *
 * <p>Whoever waits may leave. The last one cancels it, and waits for its end as any cancelled call
 * does. So each call that has joined is told once: by {@link #leave}, or with those that {@link
 * #close} returns.
 */
final class SharedFlight<Q, R> extends UnaryCall<Q, R> {
  private final CacheLayer layer;
  final ByteString key;

  /** In the order in which they joined; its monitor guards it, and {@link #closed}. */
  private final Set<CacheableCall<Q, R>> waiting = new LinkedHashSet<>();

  /** Whether nobody may join or leave any more. */
  @GuardedBy("waiting")
  private boolean closed;

  private SharedFlight(
      CacheLayer layer, ByteString key, CacheableCall<Q, R> founder, CallOptions options) {
    super(founder.stack, founder.method, options, earliest(founder), founder.startedNanos());
    this.layer = layer;
    this.key = key;
    waiting.add(founder);
  }

  /**
   * Makes the call. Its context has the values of the founder's, but does not end with it, and its
   * callbacks run on no executor of the founder, who may have left with it.
   */
  static <Q, R> SharedFlight<Q, R> of(
      CacheLayer layer, ByteString key, CacheableCall<Q, R> founder) {
    CallOptions options = founder.options().withExecutor(MoreExecutors.directExecutor());
    Context own = founder.context().fork();
    Context before = own.attach();
    try {
      SharedFlight<Q, R> flight = new SharedFlight<>(layer, key, founder, options);
      flight.start(new ClientCall.Listener<>() {}, Objects.requireNonNull(founder.headers()));
      flight.request(2);
      flight.setMessageCompression(!founder.isUncompressed());
      flight.take(Objects.requireNonNull(founder.request()));
      return flight;
    } finally {
      own.detach(before);
    }
  }

  private static @Nullable Deadline earliest(CacheableCall<?, ?> founder) {
    Deadline own = founder.deadline();
    Deadline inbound = founder.context().getDeadline();
    return own == null || (inbound != null && inbound.isBefore(own)) ? inbound : own;
  }

  /** Lets a call wait for this one; false if it is too late for that. */
  boolean join(CacheableCall<Q, R> call) {
    synchronized (waiting) {
      return !closed && waiting.add(call);
    }
  }

  boolean isWaiting(CacheableCall<Q, R> call) {
    synchronized (waiting) {
      return waiting.contains(call);
    }
  }

  /** Ends the wait of a call with this status, unless the end of all is on its way. */
  void leave(CacheableCall<Q, R> call, Status why) {
    boolean last;
    synchronized (waiting) {
      if (closed || !waiting.contains(call)) {
        return;
      }
      last = waiting.size() == 1;
      if (last) {
        closed = true;
      } else {
        waiting.remove(call);
      }
    }
    if (last) {
      layer.forget(this);
      end(why);
    } else {
      layer.left(call, why);
    }
  }

  /** Lets nobody join or leave any more, and returns those who wait, once. */
  List<CacheableCall<Q, R>> close() {
    synchronized (waiting) {
      closed = true;
      List<CacheableCall<Q, R>> all = List.copyOf(waiting);
      waiting.clear();
      return all;
    }
  }
}
