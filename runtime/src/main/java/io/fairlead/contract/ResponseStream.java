package io.fairlead.contract;

import io.fairlead.RpcException;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/** Puts the responses of a call into an inbox. */
final class ResponseStream<Q, R> extends ClientCall.Listener<R> implements Inbox.Upstream {
  private final ClientCall<Q, R> call;
  private final String method;
  private final Inbox<R> inbox;
  private @Nullable Pump pump;
  private boolean sawHeaders;

  ResponseStream(ClientCall<Q, R> call, String method) {
    this.call = call;
    this.method = method;
    this.inbox = new Inbox<>(method, this);
  }

  Inbox<R> inbox() {
    return inbox;
  }

  /** Set before the call starts, if the requests are a stream. */
  void pump(Pump requests) {
    this.pump = requests;
  }

  @Override
  public void onReady() {
    if (pump != null) {
      pump.onReady();
    }
  }

  @Override
  public void onHeaders(Metadata headers) {
    sawHeaders = true;
  }

  @Override
  public void onMessage(R message) {
    if (!inbox.offer(message)) {
      RpcException failure = inbox.notAskedFor();
      call.cancel(failure.getMessage(), failure);
    }
  }

  @Override
  public void onClose(Status status, Metadata trailers) {
    Ending how = new Ending(status, trailers, sawHeaders);
    inbox.end(how);
    stopPump(how.failure(method));
  }

  private void stopPump(RuntimeException reason) {
    if (pump != null) {
      pump.stop(reason);
    }
  }

  @Override
  public void request(int messages) {
    call.request(messages);
  }

  @Override
  public void cancel(String reason, @Nullable Throwable cause) {
    // First the pump: a cancelled call refuses messages, and the sender should learn why.
    stopPump(
        RpcException.of(
            method,
            Status.CANCELLED.withDescription(reason).withCause(cause),
            null,
            RpcException.Origin.LOCAL));
    call.cancel(reason, cause);
  }
}
