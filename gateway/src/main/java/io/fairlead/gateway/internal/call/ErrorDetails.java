package io.fairlead.gateway.internal.call;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import io.grpc.Metadata;
import java.util.List;

/** The details of an error, which gRPC sends in one trailer. */
public final class ErrorDetails {
  private static final Metadata.Key<byte[]> KEY =
      Metadata.Key.of("grpc-status-details-bin", Metadata.BINARY_BYTE_MARSHALLER);

  private ErrorDetails() {}

  /** Returns the details; empty without any, or if they cannot be read. */
  public static List<Any> of(Metadata trailers) {
    byte[] bytes = trailers.get(KEY);
    if (bytes == null) {
      return List.of();
    }
    try {
      return com.google.rpc.Status.parseFrom(bytes).getDetailsList();
    } catch (InvalidProtocolBufferException e) {
      return List.of();
    }
  }

  /** Returns the trailer as it is; null without one. */
  public static byte @org.jspecify.annotations.Nullable [] raw(Metadata trailers) {
    return trailers.get(KEY);
  }
}
