package io.fairlead.client.internal;

import io.fairlead.policy.CallMirror;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.lang.System.Logger.Level;

/**
 * Shows the channel's mirror the answer to each call, when the caller has it.
 *
 * <p>It is in stacks of unary methods alone. A call that its caller gave up has no answer to
 * compare with.
 */
final class MirrorLayer<Q, R> extends ClientLayer {
  private static final System.Logger LOG = System.getLogger(MirrorLayer.class.getName());

  private final MethodDescriptor<Q, R> method;
  private final CallMirror.Copier<Q, R> copier;

  MirrorLayer(MethodDescriptor<Q, R> method, CallMirror.Copier<Q, R> copier) {
    this.method = method;
    this.copier = copier;
  }

  @Override
  @SuppressWarnings("unchecked") // all calls are of the one method of this layer
  void ended(LayeredCall call, CallEnd end) {
    UnaryCall<Q, R> unary = (UnaryCall<Q, R>) call;
    Q request = unary.request();
    Metadata headers = unary.headers();
    R response = end.status().isOk() ? unary.response() : null;
    try {
      passUp(call, end);
    } finally {
      if (request != null
          && headers != null
          && !end.callerLeft()
          && end.status().getCode() != Status.Code.CANCELLED) {
        try {
          copier.answered(request, headers, end.status(), response);
        } catch (RuntimeException e) {
          LOG.log(
              Level.WARNING, "a call of " + method.getFullMethodName() + " cannot be mirrored", e);
        }
      }
    }
  }

  @Override
  public String toString() {
    return "mirror";
  }
}
