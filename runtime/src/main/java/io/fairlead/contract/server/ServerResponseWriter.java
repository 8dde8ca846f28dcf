package io.fairlead.contract.server;

import io.fairlead.CallContext;
import io.fairlead.contract.internal.stream.DropAfterCancelServerCall;
import io.fairlead.contract.internal.stream.MessageSink;
import io.fairlead.internal.PushbackHeader;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The answering half of a call that is served.
 *
 * <p>Handler, cancellation and rejection may end the call at the same time; the flag {@link #ended}
 * lets the first one win. Messages come from one thread at a time, which also sends the headers
 * before the first of them.
 */
final class ServerResponseWriter<R> implements MessageSink<R> {
  private final ServerCall<?, R> call;
  private final CallContext context;
  private final RateLimitedFailureLog log;
  private final AtomicBoolean ended = new AtomicBoolean();

  ServerResponseWriter(ServerCall<?, R> call, CallContext context, RateLimitedFailureLog log) {
    this.call = new DropAfterCancelServerCall<>(call);
    this.context = context;
    this.log = log;
  }

  @Override
  public boolean isReady() {
    return call.isReady();
  }

  @Override
  public void send(R message) {
    if (message == null) {
      throw new NullPointerException(
          "a response of " + context.method() + " is null; a stream holds messages only");
    }
    context.sendResponseHeaders();
    call.sendMessage(message);
  }

  /** Sends the only response, and ends the call. */
  void sendResponse(R response) {
    try {
      send(response);
      complete();
    } catch (RuntimeException | Error e) {
      fail(e);
    }
  }

  @Override
  public void complete() {
    if (ended.compareAndSet(false, true)) {
      context.sendResponseHeaders();
      call.close(Status.OK, context.responseTrailers());
    }
  }

  @Override
  public void fail(Throwable failure) {
    if (ended.get()) {
      return; // a consequence of the end
    }
    HandlerErrorMapper mapper = HandlerErrorMapper.of(failure, context.method(), context);
    if (mapper.shouldLog()) {
      log.failed(failure);
    }
    if (ended.compareAndSet(false, true)) {
      // Without headers a failure is a single frame, and a channel may still try again.
      if (!context.responseHeaders().keys().isEmpty()) {
        context.sendResponseHeaders();
      }
      Metadata trailers = context.responseTrailers();
      trailers.merge(mapper.trailers());
      call.close(mapper.status(), trailers);
    }
  }

  /** Ends the call before its handler ran. */
  void reject(Status status) {
    end(status, new Metadata());
  }

  /** Rejects the call because of overload: the caller may retry, preferably elsewhere. */
  void overloaded(String why) {
    Metadata trailers = new Metadata();
    PushbackHeader.write(trailers, PushbackHeader.UNKNOWN_MILLIS);
    end(Status.RESOURCE_EXHAUSTED.withDescription(why), trailers);
  }

  private void end(Status status, Metadata trailers) {
    if (ended.compareAndSet(false, true)) {
      call.close(status, trailers);
    }
  }
}
