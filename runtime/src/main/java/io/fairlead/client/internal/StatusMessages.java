package io.fairlead.client.internal;

import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/** Adds the way out to what grpc-java says of a failure on this side. */
final class StatusMessages {
  private static final String TOO_LARGE = "gRPC message exceeds maximum size ";

  private StatusMessages() {}

  static Status clarify(Status status) {
    String said = status.getDescription();
    return status.getCode() == Status.Code.RESOURCE_EXHAUSTED && isTooLarge(said)
        ? status.withDescription(
            "the response is too large: "
                + said
                + "; raise maxResponseBytes, or answer with a stream of parts")
        : status;
  }

  private static boolean isTooLarge(@Nullable String said) {
    return said != null && said.startsWith(TOO_LARGE);
  }
}
