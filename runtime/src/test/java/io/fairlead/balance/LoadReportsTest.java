package io.fairlead.balance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.protobuf.CodedOutputStream;
import io.grpc.Metadata;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class LoadReportsTest {
  private static final long SECOND = 1_000_000_000L;

  private final LoadReports reports = new LoadReports();

  private static LoadReports.Report report(double utilization, double calls, double errors) {
    return new LoadReports.Report(utilization, calls, errors);
  }

  @Test
  void theWeightIsCallsPerUtilizationAndErrorsAddToIt() {
    assertThat(report(0.5, 100, 0).weight()).isCloseTo(200, within(1e-9));
    assertThat(report(0.5, 100, 50).weight()).isCloseTo(100, within(1e-9));
    assertThat(report(0, 100, 0).weight()).isZero();
    assertThat(report(0.5, 0, 0).weight()).isZero();
  }

  @Test
  void aWeightIsBelievedAfterTenSecondsAndForThreeMinutes() {
    reports.accept(report(0.5, 100, 0), SECOND);
    assertThat(reports.weight(10 * SECOND)).isZero();
    assertThat(reports.weight(11 * SECOND)).isCloseTo(200, within(1e-9));
    reports.accept(report(0.25, 100, 0), 20 * SECOND);
    assertThat(reports.weight(200 * SECOND)).isCloseTo(400, within(1e-9));
    assertThat(reports.weight(201 * SECOND)).isZero();
    reports.accept(report(0.25, 100, 0), 300 * SECOND);
    assertThat(reports.weight(305 * SECOND)).as("new to us again").isZero();
    assertThat(reports.weight(310 * SECOND)).isCloseTo(400, within(1e-9));
  }

  @Test
  void aNewConnectionBeginsAnew() {
    reports.accept(report(0.5, 100, 0), 0);
    reports.restart();
    assertThat(reports.weight(20 * SECOND)).isZero();
    reports.accept(report(0.5, 100, 0), 20 * SECOND);
    assertThat(reports.weight(29 * SECOND)).isZero();
    assertThat(reports.weight(30 * SECOND)).isCloseTo(200, within(1e-9));
  }

  @Test
  void aReportThatSaysNothingLeavesTheWeight() {
    reports.accept(report(0.5, 100, 0), 0);
    reports.accept(report(0, 0, 0), 5 * SECOND);
    reports.accept(report(Double.NaN, 100, 0), 6 * SECOND);
    reports.accept(report(Double.MIN_VALUE, Double.MAX_VALUE, 0), 7 * SECOND);
    assertThat(reports.weight(20 * SECOND)).isCloseTo(200, within(1e-9));
  }

  @Test
  void theWireFormIsRead() throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    out.writeDouble(1, 0.9); // cpu
    out.writeDouble(2, 0.5); // memory, which no weight needs
    out.writeString(100, "a field of later");
    out.writeDouble(6, 80);
    out.writeDouble(7, 8);
    out.flush();
    assertThat(LoadReports.Report.read(new ByteArrayInputStream(bytes.toByteArray())))
        .isEqualTo(report(0.9, 80, 8));
    out.writeDouble(9, 0.2); // the application's own word goes before the processor's
    out.flush();
    assertThat(LoadReports.Report.read(new ByteArrayInputStream(bytes.toByteArray())))
        .isEqualTo(report(0.2, 80, 8));
    assertThatThrownBy(
            () -> LoadReports.Report.read(new ByteArrayInputStream(new byte[] {9, 1, 2})))
        .isInstanceOf(IOException.class);
  }

  @Test
  void aTrailerThatDoesNotParseHarmsNoCall() {
    VirtualChannel channel = VirtualChannel.of("weighted_round_robin", VirtualChannel.endpoints(2));
    VirtualChannel.Call call = channel.start(channel.attempt());
    Metadata trailers = new Metadata();
    trailers.put(LoadReports.TRAILER, new byte[] {9, 1, 2});
    call.tracer().inboundTrailers(trailers);
    call.end(io.grpc.Status.OK);
    channel.pass(Duration.ofSeconds(20).toMillis());
    assertThat(channel.spread(100).values()).containsExactlyInAnyOrder(50, 50);
  }
}
