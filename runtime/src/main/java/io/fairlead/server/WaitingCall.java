package io.fairlead.server;

import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** A call in the waiting line. It is let in, refused or gone: one of them, once. */
final class WaitingCall<Q, R> extends DeferredCall<Q, R> {
  private final Admission admission;
  private final WaitingLine line;
  private final @Nullable Object caller;
  private final Place place;
  private final @Nullable Deadline deadline = Context.current().getDeadline();
  private final AtomicBoolean decided = new AtomicBoolean();
  private volatile @Nullable ScheduledFuture<?> timeout;

  WaitingCall(
      Admission admission,
      WaitingLine line,
      @Nullable Object caller,
      ServerCall<Q, R> call,
      Metadata headers,
      ServerCallHandler<Q, R> next) {
    this(admission, line, caller, call, headers, next, new Place());
  }

  private WaitingCall(
      Admission admission,
      WaitingLine line,
      @Nullable Object caller,
      ServerCall<Q, R> call,
      Metadata headers,
      ServerCallHandler<Q, R> next,
      Place place) {
    super(
        call, headers, (c, h) -> AdmittedCall.start(admission, place.inFlight, caller, c, h, next));
    this.admission = admission;
    this.line = line;
    this.caller = caller;
    this.place = place;
  }

  Admission admission() {
    return admission;
  }

  /** Whether there is time left for a quick call; without a deadline there always is. */
  boolean canMakeIt() {
    return deadline == null
        || deadline.timeRemaining(TimeUnit.NANOSECONDS) > admission.gate().quickNanos();
  }

  void timeoutBy(ScheduledFuture<?> task) {
    timeout = task;
    if (decided.get()) {
      task.cancel(false);
    }
  }

  /** Whoever decides first wins; the loser must do nothing. */
  boolean decide() {
    if (!decided.compareAndSet(false, true)) {
      return false;
    }
    ScheduledFuture<?> task = timeout;
    if (task != null) {
      task.cancel(false);
    }
    return true;
  }

  /** After a won {@link #decide}, with a place taken at the gate. */
  void admit(int inFlight) {
    place.inFlight = inFlight;
    // No executor could refuse this: the layers below hop by themselves where they have to.
    start(Runnable::run);
  }

  /** After a won {@link #decide}. */
  void turnAway(String why) {
    admission.leaveCaller(caller);
    refuse(admission.refusal(why));
  }

  @Override
  public void onCancel() {
    if (!goneWhileWaiting()) {
      super.onCancel();
    }
  }

  /** Before it was let in, this means that a layer above ended it, e.g. at its deadline. */
  @Override
  public void onComplete() {
    if (!goneWhileWaiting()) {
      super.onComplete();
    }
  }

  private boolean goneWhileWaiting() {
    if (!decide()) {
      return false;
    }
    line.remove(this);
    admission.leaveCaller(caller);
    return true;
  }

  /** Filled in when the call is let in; read by the start that follows on the same thread. */
  private static final class Place {
    private int inFlight;
  }
}
