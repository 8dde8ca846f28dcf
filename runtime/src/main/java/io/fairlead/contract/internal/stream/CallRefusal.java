package io.fairlead.contract.internal.stream;

import io.grpc.Attributes;
import io.grpc.Status;

/**
 * Why a server ended a call although its handler did not. For the runtime.
 *
 * <p>Stands in the place of a request that cannot be given to its handler: the transport takes an
 * exception of a marshaller for a failure of its own, and says neither side why.
 */
public final class CallRefusal extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** Among the attributes of a call that a layer has ended: the status that it was ended with. */
  public static final Attributes.Key<Status> ENDED_WITH =
      Attributes.Key.create("fairlead-ended-with");

  /** A refusal is never written to a stream of objects. */
  private final transient Status status;

  /** Made with the status that ends the call. */
  public CallRefusal(Status status) {
    // Neither thrown nor logged.
    super(status.getDescription(), null, false, false);
    this.status = status;
  }

  /** The status that ends the call. Its cause is this, so that layers above see who ended it. */
  public Status status() {
    return status.withCause(this);
  }

  /** Whether a refusal ended the call, and not the handler. */
  public static boolean isIn(Status status) {
    return status.getCause() instanceof CallRefusal;
  }
}
