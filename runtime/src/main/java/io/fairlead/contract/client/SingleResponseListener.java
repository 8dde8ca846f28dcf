package io.fairlead.contract.client;

import io.fairlead.contract.internal.stream.CallCompletion;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/** Takes the one response of a call, and refuses an end that has none or more. */
abstract class SingleResponseListener<R> extends ResponseListener<R> {
  final ClientCall<?, R> call;
  private @Nullable R response;
  private boolean tooMany;

  SingleResponseListener(ClientCall<?, R> call, String method) {
    super(method);
    this.call = call;
  }

  @Override
  public final void onMessage(R message) {
    if (response == null) {
      response = message;
    } else if (!tooMany) {
      tooMany = true;
      call.cancel("more than one response to " + method, null);
    }
  }

  /** A channel of ours has seen the same, and says more; any other has not. */
  @Override
  final CallCompletion completion(Status status, Metadata trailers, boolean answered) {
    boolean unseen = status.isOk() || status.getCode() == Status.Code.CANCELLED;
    if (tooMany && unseen) {
      return refused("the server sent more than one response to " + method, trailers, answered);
    }
    return status.isOk() && response == null
        ? refused("the server answered OK without a response", trailers, answered)
        : super.completion(status, trailers, answered);
  }

  private static CallCompletion refused(String why, Metadata trailers, boolean answered) {
    return new CallCompletion(Status.UNIMPLEMENTED.withDescription(why), trailers, answered);
  }

  /** Returns the response of a call that ended well. */
  final R response(CallCompletion how) {
    R known = response;
    if (!how.isOk() || known == null) {
      throw how.failure(method);
    }
    return known;
  }
}
