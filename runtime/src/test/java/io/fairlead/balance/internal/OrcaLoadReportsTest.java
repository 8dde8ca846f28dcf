package io.fairlead.balance.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.protobuf.CodedOutputStream;
import io.fairlead.balance.BalancingOptions;
import io.fairlead.balance.OutlierDetectionPolicy;
import io.fairlead.policy.BalancerSpec;
import io.grpc.Metadata;
import io.grpc.Status;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class OrcaLoadReportsTest {
  private static final long SECOND = 1_000_000_000L;

  private final OrcaLoadReports reports = new OrcaLoadReports();

  private static OrcaLoadReports.Report report(double utilization, double calls, double errors) {
    return new OrcaLoadReports.Report(utilization, calls, errors);
  }

  @Test
  void theWeightIsCallsPerUtilizationAndErrorsAddToIt() {
    assertThat(report(0.5, 100, 0).weight()).isCloseTo(200, within(1e-9));
    assertThat(report(0.5, 100, 50).weight()).isCloseTo(100, within(1e-9));
    assertThat(report(0, 100, 0).weight()).isZero();
    assertThat(report(0.5, 0, 0).weight()).isZero();
  }

  @Test
  void weightAppliesFromTenSecondsToThreeMinutes() {
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
  void newConnectionRestartsTheBlackoutPeriod() {
    reports.accept(report(0.5, 100, 0), 0);
    reports.restart();
    assertThat(reports.weight(20 * SECOND)).isZero();
    reports.accept(report(0.5, 100, 0), 20 * SECOND);
    assertThat(reports.weight(29 * SECOND)).isZero();
    assertThat(reports.weight(30 * SECOND)).isCloseTo(200, within(1e-9));
  }

  @Test
  void emptyReportKeepsTheWeight() {
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
    assertThat(OrcaLoadReports.Report.read(new ByteArrayInputStream(bytes.toByteArray())))
        .isEqualTo(report(0.9, 80, 8));
    out.writeDouble(9, 0.2); // the application's own word goes before the processor's
    out.flush();
    assertThat(OrcaLoadReports.Report.read(new ByteArrayInputStream(bytes.toByteArray())))
        .isEqualTo(report(0.2, 80, 8));
    assertThatThrownBy(
            () -> OrcaLoadReports.Report.read(new ByteArrayInputStream(new byte[] {9, 1, 2})))
        .isInstanceOf(IOException.class);
  }

  @Test
  void malformedTrailerHarmsNoCall() {
    VirtualChannel channel = VirtualChannel.of("weighted_round_robin", VirtualChannel.endpoints(2));
    VirtualChannel.Call call = channel.start(channel.attempt());
    Metadata trailers = new Metadata();
    trailers.put(OrcaLoadReports.TRAILER, new byte[] {9, 1, 2});
    call.tracer().inboundTrailers(trailers);
    call.end(Status.OK);
    channel.pass(Duration.ofSeconds(20).toMillis());
    assertThat(channel.spread(100).values()).containsExactlyInAnyOrder(50, 50);
  }

  @Test
  void fastFailingEndpointLosesItsReportedWeight() throws Exception {
    String bad = VirtualChannel.endpoints(4)[0].id();
    VirtualChannel channel =
        VirtualChannel.with(
            BalancingOptions.builder()
                .balancer(BalancerSpec.of("weighted_round_robin"))
                .outlierDetection(OutlierDetectionPolicy.OFF),
            VirtualChannel.endpoints(4));
    // Idle when it spoke last, so it would be sent more than the others.
    assertThat(toOne(channel, bad, 15, id -> report(id.equals(bad) ? 0.2 : 0.4, 100, 0)))
        .isGreaterThan(15 * 10);
    assertThat(toOne(channel, bad, 30, id -> id.equals(bad) ? null : report(0.4, 100, 0)))
        .as("of 1,200 calls")
        .isLessThan(1_200 / 4 / 2);
    assertThat(toOne(channel, bad, 30, id -> report(0.4, 100, 0)))
        .as("well again, of 1,200 calls")
        .isGreaterThan(1_200 / 4 / 2);
  }

  /** Makes 40 calls a second, and says how many went there; a call without a report fails. */
  private static int toOne(
      VirtualChannel channel,
      String endpoint,
      int seconds,
      Function<String, OrcaLoadReports.@Nullable Report> answers)
      throws IOException {
    int came = 0;
    for (int i = 0; i < seconds * 40; i++) {
      VirtualChannel.Call call = channel.start(channel.attempt());
      came += call.id().equals(endpoint) ? 1 : 0;
      OrcaLoadReports.Report report = answers.apply(call.id());
      Metadata trailers = new Metadata();
      if (report != null) {
        trailers.put(OrcaLoadReports.TRAILER, bytes(report));
      }
      call.tracer().inboundTrailers(trailers);
      call.end(report == null ? Status.UNAVAILABLE : Status.OK);
      channel.pass(25);
    }
    return came;
  }

  static byte[] bytes(OrcaLoadReports.Report report) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    out.writeDouble(1, report.utilization());
    out.writeDouble(6, report.callsPerSecond());
    out.flush();
    return bytes.toByteArray();
  }
}
