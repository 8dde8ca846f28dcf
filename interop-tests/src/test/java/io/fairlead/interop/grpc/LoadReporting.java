package io.fairlead.interop.grpc;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.WireFormat;
import io.fairlead.CallContext;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import io.grpc.testing.integration.Messages.TestOrcaReport;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Reports of a server's load (ORCA), in their wire form: one message of few fields is no reason for
 * a dependency.
 */
final class LoadReporting {
  private static final Metadata.Key<byte[]> TRAILER =
      Metadata.Key.of("endpoint-load-metrics-bin", Metadata.BINARY_BYTE_MARSHALLER);

  private static final int CPU = 1;
  private static final int MEMORY = 2;
  private static final int REQUEST_COST = 4;
  private static final int UTILIZATION = 5;

  static final MethodDescriptor<byte[], byte[]> STREAM =
      MethodDescriptor.<byte[], byte[]>newBuilder()
          .setType(MethodDescriptor.MethodType.SERVER_STREAMING)
          .setFullMethodName("xds.service.orca.v3.OpenRcaService/StreamCoreMetrics")
          .setRequestMarshaller(new Bytes())
          .setResponseMarshaller(new Bytes())
          .build();

  private final Set<StreamObserver<byte[]>> readers = new HashSet<>();
  private byte[] latest = {};

  /** Sends a report with the call that is being served. */
  static void perCall(TestOrcaReport report) {
    CallContext.current().responseTrailers().put(TRAILER, wireForm(report));
  }

  /** Tells all who follow the stream of reports. */
  synchronized void outOfBand(TestOrcaReport report) {
    latest = wireForm(report);
    readers.forEach(reader -> reader.onNext(latest));
  }

  /**
   * The stream of reports. It tells each change at once, and not once per interval: nobody can want
   * an older report.
   */
  ServerServiceDefinition service() {
    return ServerServiceDefinition.builder(STREAM.getServiceName())
        .addMethod(STREAM, ServerCalls.asyncServerStreamingCall((request, reader) -> add(reader)))
        .build();
  }

  private synchronized void add(StreamObserver<byte[]> reader) {
    ((ServerCallStreamObserver<byte[]>) reader).setOnCancelHandler(() -> remove(reader));
    readers.add(reader);
    reader.onNext(latest);
  }

  private synchronized void remove(StreamObserver<byte[]> reader) {
    readers.remove(reader);
  }

  private static byte[] wireForm(TestOrcaReport report) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    try {
      out.writeDouble(CPU, report.getCpuUtilization());
      out.writeDouble(MEMORY, report.getMemoryUtilization());
      writeMap(out, REQUEST_COST, report.getRequestCostMap());
      writeMap(out, UTILIZATION, report.getUtilizationMap());
      out.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private static void writeMap(CodedOutputStream out, int field, Map<String, Double> map)
      throws IOException {
    for (Map.Entry<String, Double> each : map.entrySet()) {
      out.writeTag(field, WireFormat.WIRETYPE_LENGTH_DELIMITED);
      out.writeUInt32NoTag(
          CodedOutputStream.computeStringSize(1, each.getKey())
              + CodedOutputStream.computeDoubleSize(2, each.getValue()));
      out.writeString(1, each.getKey());
      out.writeDouble(2, each.getValue());
    }
  }

  private static final class Bytes implements MethodDescriptor.Marshaller<byte[]> {
    @Override
    public InputStream stream(byte[] value) {
      return new ByteArrayInputStream(value);
    }

    @Override
    public byte[] parse(InputStream stream) {
      try {
        return stream.readAllBytes();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
