package io.fairlead.server.internal.admission;

import io.fairlead.observe.ServerCallOutcome.RejectionReason;
import io.fairlead.server.internal.call.DeferredCall;
import io.fairlead.server.internal.observe.ServerCallRecorder;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A call in the queue. It is admitted, rejected or cancelled: one of them, once.
 *
 * <p>The timer, the queue, the caller and a layer above may decide at the same time; {@link
 * #tryClaim} lets the first one win. Events of the call are kept by {@link DeferredCall} until it
 * starts. It remembers the context in which it arrived, as it starts on the thread of the call that
 * made room.
 */
final class QueuedCall<Q, R> extends DeferredCall<Q, R> {
  private final AdmissionInterceptor admission;
  private final AdmissionQueue queue;
  private final @Nullable Object caller;
  private final @Nullable Deadline deadline = Context.current().getDeadline();
  private final @Nullable ServerCallRecorder recorder = ServerCallRecorder.current();
  private final long enqueuedNanos;
  private final AtomicBoolean claimed = new AtomicBoolean();
  private volatile @Nullable ScheduledFuture<?> timeout;

  /** Calls of the method with this one; set before the call begins, which publishes it. */
  private int inFlight;

  QueuedCall(
      AdmissionInterceptor admission,
      AdmissionQueue queue,
      @Nullable Object caller,
      ServerCall<Q, R> call,
      Metadata headers,
      ServerCallHandler<Q, R> next) {
    super(call, headers, next);
    this.admission = admission;
    this.queue = queue;
    this.caller = caller;
    this.enqueuedNanos = admission.now();
  }

  long enqueuedNanos() {
    return enqueuedNanos;
  }

  AdmissionInterceptor admission() {
    return admission;
  }

  /** Returns whether there is time left for a fast call; without a deadline there always is. */
  boolean canMeetDeadline() {
    return deadline == null
        || deadline.timeRemaining(TimeUnit.NANOSECONDS) > admission.limiter().fastCallNanos();
  }

  void setTimeoutTask(ScheduledFuture<?> task) {
    timeout = task;
    if (claimed.get()) {
      task.cancel(false);
    }
  }

  /** Claims the decision; the first one wins, and the others must do nothing. */
  boolean tryClaim() {
    if (!claimed.compareAndSet(false, true)) {
      return false;
    }
    ScheduledFuture<?> task = timeout;
    if (task != null) {
      task.cancel(false);
    }
    return true;
  }

  /** Starts the call; after a won {@link #tryClaim}, with a permit acquired from the limiter. */
  void admit(int newInFlight) {
    inFlight = newInFlight;
    recordQueueTime();
    // No executor could refuse this: the layers below offload by themselves where they have to.
    start(Runnable::run);
  }

  @Override
  protected ServerCall.Listener<Q> startCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    return AdmittedCall.start(admission, inFlight, caller, call, headers, next);
  }

  /** Rejects the call; after a won {@link #tryClaim}. */
  void reject(RejectionReason reason, String why) {
    recordQueueTime();
    if (recorder != null) {
      recorder.rejectedByAdmission(reason);
    }
    admission.releaseCaller(caller);
    reject(admission.rejection(why));
  }

  @Override
  public void onCancel() {
    if (!cancelledWhileQueued()) {
      super.onCancel();
    }
  }

  /** Before it was admitted, this means that a layer above ended it, e.g. at its deadline. */
  @Override
  public void onComplete() {
    if (!cancelledWhileQueued()) {
      super.onComplete();
    }
  }

  private boolean cancelledWhileQueued() {
    if (!tryClaim()) {
      return false;
    }
    queue.remove(this);
    recordQueueTime();
    admission.releaseCaller(caller);
    return true;
  }

  private void recordQueueTime() {
    if (recorder != null) {
      recorder.queued(admission.now() - enqueuedNanos);
    }
  }
}
