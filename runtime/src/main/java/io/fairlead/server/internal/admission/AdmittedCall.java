package io.fairlead.server.internal.admission;

import io.fairlead.internal.executor.ConcurrencyPermit;
import io.fairlead.server.internal.call.QuietClose;
import io.grpc.Context;
import io.grpc.ForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A call that holds its permit until it is over, however it ends (answered, cancelled, or failed
 * before it began), and its handler has left the threads that it was given.
 *
 * <p>The permit is counted by {@link ConcurrencyPermit}, which travels in the call's context. This
 * class is the call's own share of it, returned when the listener hears the end.
 */
final class AdmittedCall<Q> extends ForwardingServerCallListener<Q> {
  private final AdmissionInterceptor admission;
  private final @Nullable Object caller;
  private final long start;
  private final int ticket;
  private final AtomicBoolean completed = new AtomicBoolean();
  private final ConcurrencyPermit permit = new ConcurrencyPermit(this::release);

  /** Whether the response was sent in full; a cancelled call says nothing about latency. */
  private volatile boolean responded;

  private ServerCall.Listener<Q> delegate = QuietClose.noopListener();

  private AdmittedCall(AdmissionInterceptor admission, int inFlight, @Nullable Object caller) {
    this.admission = admission;
    this.caller = caller;
    this.start = admission.now();
    this.ticket = admission.limiter().onAdmitted(start, inFlight);
  }

  static <Q, R> ServerCall.Listener<Q> start(
      AdmissionInterceptor admission,
      int inFlight,
      @Nullable Object caller,
      ServerCall<Q, R> call,
      Metadata headers,
      ServerCallHandler<Q, R> next) {
    AdmittedCall<Q> admitted = new AdmittedCall<>(admission, inFlight, caller);
    Context inside = admitted.permit.in(Context.current());
    Context previous = inside.attach();
    try {
      admitted.delegate = next.startCall(call, headers);
      return admitted;
    } catch (RuntimeException | Error e) {
      admitted.end();
      throw e;
    } finally {
      inside.detach(previous);
    }
  }

  @Override
  protected ServerCall.Listener<Q> delegate() {
    return delegate;
  }

  @Override
  public void onComplete() {
    responded = true;
    try {
      delegate.onComplete();
    } finally {
      end();
    }
  }

  @Override
  public void onCancel() {
    try {
      delegate.onCancel();
    } finally {
      end();
    }
  }

  private void end() {
    if (completed.compareAndSet(false, true)) {
      permit.release();
    }
  }

  private void release() {
    admission.release(start, ticket, responded, caller);
  }
}
