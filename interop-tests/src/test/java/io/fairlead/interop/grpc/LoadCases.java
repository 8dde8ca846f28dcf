package io.fairlead.interop.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnknownFieldSet;
import io.fairlead.CallSettings;
import io.fairlead.Pipe;
import io.fairlead.ResponseCapture;
import io.fairlead.Source;
import io.grpc.CallOptions;
import io.grpc.Metadata;
import io.grpc.stub.ClientCalls;
import io.grpc.testing.integration.Messages.SimpleRequest;
import io.grpc.testing.integration.Messages.StreamingOutputCallRequest;
import io.grpc.testing.integration.Messages.StreamingOutputCallResponse;
import io.grpc.testing.integration.Messages.TestOrcaReport;
import java.util.Iterator;
import java.util.Objects;

/** The cases of load reports (ORCA), played by our client. */
final class LoadCases {
  private static final Metadata.Key<byte[]> TRAILER =
      Metadata.Key.of("endpoint-load-metrics-bin", Metadata.BINARY_BYTE_MARSHALLER);

  /** {@code report_interval} of one second. */
  private static final byte[] EACH_SECOND = {0x0a, 0x02, 0x08, 0x01};

  private final OurClient client;

  LoadCases(OurClient client) {
    this.client = client;
  }

  void perCall() throws Exception {
    ResponseCapture capture = new ResponseCapture();
    TestOrcaReport report =
        TestOrcaReport.newBuilder()
            .setCpuUtilization(0.8210)
            .setMemoryUtilization(0.5847)
            .putRequestCost("cost", 3456.32)
            .putUtilization("util", 0.30499)
            .build();
    client
        .service(CallSettings.builder().capture(capture).build())
        .unaryCall(SimpleRequest.newBuilder().setOrcaPerQueryReport(report).build());
    byte[] received = Objects.requireNonNull(capture.trailers(), "trailers").get(TRAILER);
    assertThat(received).as("trailer %s", TRAILER.name()).isNotNull();
    assertThat(cpu(received)).isEqualTo(0.8210);
  }

  /** The stream that our weighted_round_robin opens, opened here as any call. */
  void outOfBand() throws Exception {
    Iterator<byte[]> reports =
        ClientCalls.blockingServerStreamingCall(
            client.channel(), LoadReporting.STREAM, CallOptions.DEFAULT, EACH_SECOND);
    try (Pipe<StreamingOutputCallRequest> requests = Source.pipe();
        Source<StreamingOutputCallResponse> answers =
            client.service().fullDuplexCall(requests.source())) {
      for (double cpu : new double[] {0.8210, 0.29309}) {
        requests.send(
            Requests.output(0, 1)
                .setOrcaOobReport(
                    TestOrcaReport.newBuilder().setCpuUtilization(cpu).setMemoryUtilization(0.2))
                .build());
        assertThat(answers.read()).isNotNull();
        awaitReport(reports, cpu);
      }
      requests.complete();
    }
  }

  /** Those of before may still come; the channel's patience bounds the wait. */
  private static void awaitReport(Iterator<byte[]> reports, double cpu) throws Exception {
    double last = Double.NaN;
    while (last != cpu) {
      assertThat(reports.hasNext()).as("a report after cpu=%s", last).isTrue();
      last = cpu(reports.next());
    }
  }

  private static double cpu(byte[] report) throws InvalidProtocolBufferException {
    UnknownFieldSet fields = UnknownFieldSet.parseFrom(report);
    return fields.hasField(1)
        ? Double.longBitsToDouble(fields.getField(1).getFixed64List().get(0))
        : 0;
  }
}
