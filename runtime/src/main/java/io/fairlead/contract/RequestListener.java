package io.fairlead.contract;

import io.grpc.ServerCall;
import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/** Takes the one request of a call, then hands it to the code that answers. */
final class RequestListener<Q, R, O> extends ServerCall.Listener<Q> {
  private final ServedCall<Q, R, Q, O> served;
  private final Answering<Q, R, Q, O> answering;
  private @Nullable Q request;
  private boolean refused;

  RequestListener(ServedCall<Q, R, Q, O> served, Answering<Q, R, Q, O> answering) {
    this.served = served;
    this.answering = answering;
    // Two, so that a second request is seen and refused.
    served.call().request(2);
  }

  @Override
  public void onMessage(Q message) {
    if (request != null) {
      refuse("more than one request to " + served.method());
      return;
    }
    request = message;
  }

  @Override
  public void onHalfClose() {
    if (refused) {
      return;
    }
    Q known = request;
    if (known == null) {
      refuse("no request came to " + served.method());
      return;
    }
    // The answer may be a long stream: the request need not live as long.
    request = null;
    answering.begin(known);
  }

  private void refuse(String why) {
    refused = true;
    served.reply().refuse(Status.INTERNAL.withDescription(why));
  }

  @Override
  public void onReady() {
    answering.onReady();
  }

  @Override
  public void onCancel() {
    answering.onCancel();
  }
}
