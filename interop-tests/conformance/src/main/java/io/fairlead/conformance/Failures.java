package io.fairlead.conformance;

import com.google.protobuf.Any;
import com.google.rpc.Status;
import connectrpc.conformance.v1.ConfigOuterClass.Code;
import connectrpc.conformance.v1.Service.ConformancePayload.RequestInfo;
import connectrpc.conformance.v1.Service.Error;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** Failures of calls, and how the suite writes them. */
final class Failures {
  private Failures() {}

  /**
   * What a handler throws.
   *
   * @param info added to the details, if no message carried it
   */
  static StatusRuntimeException of(Error error, @Nullable RequestInfo info) {
    Status.Builder status =
        Status.newBuilder()
            .setCode(error.getCodeValue())
            .setMessage(error.getMessage())
            .addAllDetails(error.getDetailsList());
    if (info != null) {
      status.addDetails(Any.pack(info));
    }
    return StatusProto.toStatusRuntimeException(status.build());
  }

  /** What a caller was told. */
  static Error describe(Throwable failure) {
    Throwable cause = failure;
    while ((cause instanceof CompletionException || cause instanceof ExecutionException)
        && cause.getCause() != null) {
      cause = cause.getCause();
    }
    Error.Builder error = Error.newBuilder();
    if (cause instanceof CancellationException) {
      return error.setCode(Code.CODE_CANCELED).setMessage("the future was cancelled").build();
    }
    if (!(cause instanceof StatusRuntimeException)) {
      return error.setCode(Code.CODE_UNKNOWN).setMessage(cause.toString()).build();
    }
    io.grpc.Status status = io.grpc.Status.fromThrowable(cause);
    error.setCodeValue(status.getCode().value());
    if (status.getDescription() != null) {
      error.setMessage(status.getDescription());
    }
    Status details = StatusProto.fromThrowable(cause);
    if (details != null) {
      error.addAllDetails(details.getDetailsList());
    }
    return error.build();
  }
}
