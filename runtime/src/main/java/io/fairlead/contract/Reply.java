package io.fairlead.contract;

import io.fairlead.CallContext;
import io.fairlead.policy.FailedAttempt.Pushback;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import java.util.concurrent.atomic.AtomicBoolean;

/** The answering half of a call that is served. Whoever ends it first, ends it. */
final class Reply<R> implements Outlet<R> {
  private static final Metadata.Key<String> PUSHBACK =
      Metadata.Key.of(Pushback.HEADER, Metadata.ASCII_STRING_MARSHALLER);

  private final ServerCall<?, R> call;
  private final CallContext context;
  private final FailureLog log;
  private final AtomicBoolean ended = new AtomicBoolean();
  private boolean headersSent;

  Reply(ServerCall<?, R> call, CallContext context, FailureLog log) {
    this.call = new ListenedCall<>(call);
    this.context = context;
    this.log = log;
  }

  @Override
  public boolean isReady() {
    return call.isReady();
  }

  @Override
  public void send(R message) {
    sendHeaders();
    call.sendMessage(message);
  }

  /** The one response, and the end. */
  void answer(R response) {
    try {
      send(response);
      complete();
    } catch (RuntimeException | Error e) {
      fail(e);
    }
  }

  private void sendHeaders() {
    if (!headersSent) {
      headersSent = true;
      call.sendHeaders(context.responseHeaders());
    }
  }

  @Override
  public void complete() {
    if (ended.compareAndSet(false, true)) {
      sendHeaders();
      call.close(Status.OK, context.responseTrailers());
    }
  }

  @Override
  public void fail(Throwable failure) {
    HandlerOutcome outcome = HandlerOutcome.of(failure, context.method(), context);
    if (outcome.concernsUs()) {
      log.failed(failure);
    }
    Metadata trailers = context.responseTrailers();
    trailers.merge(outcome.trailers());
    end(outcome.status(), trailers);
  }

  /** Ends the call before its handler ran. */
  void refuse(Status status) {
    end(status, new Metadata());
  }

  /** The same, when there is too much work now: worth another try, best on another instance. */
  void overloaded(String why) {
    Metadata trailers = new Metadata();
    trailers.put(PUSHBACK, Long.toString(Pushback.UNKNOWN_MILLIS));
    end(Status.RESOURCE_EXHAUSTED.withDescription(why), trailers);
  }

  private void end(Status status, Metadata trailers) {
    if (ended.compareAndSet(false, true)) {
      call.close(status, trailers);
    }
  }
}
