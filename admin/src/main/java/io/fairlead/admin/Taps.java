package io.fairlead.admin;

import io.fairlead.RpcException;
import io.fairlead.admin.v1.Call;
import io.fairlead.admin.v1.TapRequest;
import io.grpc.Status;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.LongSupplier;

/**
 * Those who follow calls while they end. Nobody is there most of the time, and then a call costs
 * one read of a list. Safe for use by many threads.
 */
final class Taps {
  private static final int MOST = 8;
  private static final int DEFAULT_PER_SECOND = 100;
  private static final int MOST_PER_SECOND = 1_000;
  private static final long SECOND = 1_000_000_000;

  private final LongSupplier nanoTime;
  private final List<Tap> taps = new CopyOnWriteArrayList<>();

  Taps(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  boolean isOpen() {
    return !taps.isEmpty();
  }

  /** Opens one; the caller of the admin service reads it until it leaves. */
  Tail<Call> open(TapRequest request) {
    int perSecond = request.getPerSecond() == 0 ? DEFAULT_PER_SECOND : request.getPerSecond();
    if (perSecond < 0 || perSecond > MOST_PER_SECOND) {
      throw RpcException.answer(
          Status.Code.INVALID_ARGUMENT,
          "per_second %s is not from 1 to %d"
              .formatted(Integer.toUnsignedString(perSecond), MOST_PER_SECOND));
    }
    if (taps.size() >= MOST) {
      throw RpcException.answer(
          Status.Code.RESOURCE_EXHAUSTED, MOST + " taps are open already; end one of them");
    }
    Tap tap = new Tap(request, perSecond, nanoTime.getAsLong());
    taps.add(tap);
    return tap.tail;
  }

  /** Gives a call to those who want it. */
  void add(Call call) {
    for (Tap tap : taps) {
      if (tap.wants(call)) {
        if (!tap.mayPass(nanoTime.getAsLong())) {
          tap.tail.skip();
        } else if (tap.tail.offer(call)) {
          tap.tail.wake();
        }
      }
    }
  }

  private final class Tap {
    private final TapRequest request;
    private final int perSecond;
    private final Tail<Call> tail;

    /** Guarded by this object's lock, as the next one: the second that is counted. */
    private long second;

    private int passed;

    Tap(TapRequest request, int perSecond, long now) {
      this.request = request;
      this.perSecond = perSecond;
      this.second = now;
      this.tail =
          new Tail<>(
              List.of(),
              (call, lost) -> call.toBuilder().setLost(lost).build(),
              closed -> taps.removeIf(each -> each.tail == closed));
    }

    boolean wants(Call call) {
      String method = request.getMethod();
      return (method.isEmpty()
              || call.getMethod().equals(method)
              || call.getMethod().startsWith(method + "/"))
          && (!request.getFailed() || !call.getCode().equals("OK"))
          && (!request.hasAtLeast() || nanos(call.getTook()) >= nanos(request.getAtLeast()));
    }

    private long nanos(com.google.protobuf.Duration duration) {
      return duration.getSeconds() * SECOND + duration.getNanos();
    }

    synchronized boolean mayPass(long now) {
      if (now - second >= SECOND) {
        second = now;
        passed = 0;
      }
      return ++passed <= perSecond;
    }
  }
}
