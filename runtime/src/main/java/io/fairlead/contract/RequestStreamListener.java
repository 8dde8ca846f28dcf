package io.fairlead.contract;

import io.fairlead.Source;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/** Puts the requests of a call into an inbox that the handler reads. */
final class RequestStreamListener<Q, R, O> extends ServerCall.Listener<Q>
    implements Inbox.Upstream {
  private final ServedCall<Q, R, Source<Q>, O> served;
  private final Answering<Q, R, Source<Q>, O> answering;
  private final Inbox<Q> inbox;

  RequestStreamListener(
      ServedCall<Q, R, Source<Q>, O> served, Answering<Q, R, Source<Q>, O> answering) {
    this.served = served;
    this.answering = answering;
    this.inbox = new Inbox<>(served.method(), this);
  }

  /** Begins: the handler reads while requests still come. */
  RequestStreamListener<Q, R, O> begin() {
    inbox.open();
    answering.begin(ReceivedSource.unwatched(inbox));
    return this;
  }

  @Override
  public void onMessage(Q message) {
    if (!inbox.offer(message)) {
      served.reply().refuse(Status.INTERNAL.withDescription(inbox.notAskedFor().getMessage()));
    }
  }

  @Override
  public void onHalfClose() {
    inbox.end(new Ending(Status.OK, new Metadata(), true));
  }

  @Override
  public void onReady() {
    answering.onReady();
  }

  @Override
  public void onCancel() {
    inbox.end(
        new Ending(
            Status.CANCELLED.withDescription("the caller cancelled, or has gone"),
            new Metadata(),
            true));
    answering.onCancel();
  }

  @Override
  public void onComplete() {
    // The handler has answered without reading everything, or a thread of its own still reads.
    inbox.close("the call has been answered", null);
  }

  @Override
  public void request(int messages) {
    served.call().request(messages);
  }

  @Override
  public void cancel(String reason, @Nullable Throwable cause) {
    // A server cannot stop its caller without ending the call: what is not asked for stays there.
  }
}
