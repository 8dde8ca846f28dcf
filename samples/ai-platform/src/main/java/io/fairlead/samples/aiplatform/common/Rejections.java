package io.fairlead.samples.aiplatform.common;

import io.fairlead.RpcException;
import io.fairlead.samples.aiplatform.api.image.Problem;
import io.fairlead.samples.aiplatform.api.image.Rejection;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;

/** Images that are refused: one value for streams, one status for single calls. */
public final class Rejections {
  private Rejections() {}

  /** Returns the rejection of an image. */
  public static Rejection of(String imageId, Problem problem, String reason) {
    return Rejection.newBuilder().setImageId(imageId).setProblem(problem).setReason(reason).build();
  }

  /** Returns the status that a single call fails with; the rejection is among its details. */
  public static StatusRuntimeException asStatus(Rejection rejection) {
    return RpcException.answer(Status.Code.INVALID_ARGUMENT, rejection.getReason(), rejection);
  }
}
