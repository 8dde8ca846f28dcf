package io.fairlead.bench.balance;

import io.grpc.Metadata;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The trailer in which a server reports its load with a call ({@code OrcaLoadReport}). */
final class LoadReport {
  private static final Metadata.Key<byte[]> TRAILER =
      Metadata.Key.of("endpoint-load-metrics-bin", Metadata.BINARY_BYTE_MARSHALLER);

  private LoadReport() {}

  static Metadata trailers(double utilization, double callsPerSecond) {
    byte[] report =
        ByteBuffer.allocate(18)
            .order(ByteOrder.LITTLE_ENDIAN)
            .put((byte) (1 << 3 | 1))
            .putDouble(utilization)
            .put((byte) (6 << 3 | 1))
            .putDouble(callsPerSecond)
            .array();
    Metadata trailers = new Metadata();
    trailers.put(TRAILER, report);
    return trailers;
  }
}
