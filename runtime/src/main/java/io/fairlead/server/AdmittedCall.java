package io.fairlead.server;

import io.fairlead.internal.executor.ConcurrencyPermit;
import io.grpc.Context;
import io.grpc.ForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A call that holds its place until it is over, however it ends (answered, cancelled, or failed
 * before it began), and its handler has left the threads that it was given.
 */
final class AdmittedCall<Q> extends ForwardingServerCallListener<Q> {
  private final Admission admission;
  private final @Nullable Object caller;
  private final long start;
  private final int ticket;
  private final AtomicBoolean over = new AtomicBoolean();
  private final ConcurrencyPermit permit = new ConcurrencyPermit(this::leave);
  private volatile boolean answered;
  private ServerCall.Listener<Q> delegate = Calls.deaf();

  private AdmittedCall(Admission admission, int inFlight, @Nullable Object caller) {
    this.admission = admission;
    this.caller = caller;
    this.start = admission.now();
    this.ticket = admission.gate().begin(start, inFlight);
  }

  static <Q, R> ServerCall.Listener<Q> start(
      Admission admission,
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
    answered = true;
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
    if (over.compareAndSet(false, true)) {
      permit.release();
    }
  }

  private void leave() {
    admission.leave(start, ticket, answered, caller);
  }
}
