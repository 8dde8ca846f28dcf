package io.fairlead.bench;

import java.util.Arrays;
import java.util.Map;
import java.util.stream.Collectors;
import org.HdrHistogram.Histogram;

/**
 * What one window of load gave.
 *
 * @param operations calls, or messages of a stream
 * @param failures calls that failed
 * @param nanos the window's length
 * @param client what the client's process used
 * @param server what the server's process used
 * @param latencyNanos at {@link #QUANTILES}; zeros where no latency was taken
 */
public record Sample(
    long operations,
    long failures,
    long nanos,
    Usage client,
    Usage server,
    java.util.List<Long> latencyNanos) {
  /** In per cent. */
  static final double[] QUANTILES = {50, 90, 99, 99.9};

  private static final double STILL_COMPILING = 0.05;

  static Sample of(long failures, long nanos, Usage client, Histogram latencies) {
    return new Sample(
        latencies.getTotalCount(),
        failures,
        nanos,
        client,
        Usage.NONE,
        Arrays.stream(QUANTILES).mapToObj(latencies::getValueAtPercentile).toList());
  }

  Sample withServer(Usage used) {
    return new Sample(operations, failures, nanos, client, used, latencyNanos);
  }

  /** Operations a second. */
  public double rate() {
    return operations * 1e9 / nanos;
  }

  /** Median latency in microseconds. */
  public double p50Micros() {
    return latencyNanos.get(0) / 1e3;
  }

  /** The 99th percentile of latency in microseconds. */
  public double p99Micros() {
    return latencyNanos.get(2) / 1e3;
  }

  /** The client's CPU time for an operation, in microseconds. */
  public double clientMicros() {
    return client.cpuNanos() / 1e3 / Math.max(1, operations);
  }

  /** The server's CPU time for an operation, in microseconds. */
  public double serverMicros() {
    return server.cpuNanos() / 1e3 / Math.max(1, operations);
  }

  /** The CPU time of both ends for an operation, in microseconds. */
  public double cpuMicros() {
    return clientMicros() + serverMicros();
  }

  /** What both ends allocated for an operation, in bytes. */
  public double allocatedBytes() {
    return (double) (client.allocatedBytes() + server.allocatedBytes()) / Math.max(1, operations);
  }

  /** Whether the compilers of one end are still at work. */
  boolean isCompiling() {
    return Math.max(client.compilingNanos(), server.compilingNanos()) > STILL_COMPILING * nanos;
  }

  String encode() {
    return "operations=%d failures=%d nanos=%d %s latency=%s"
        .formatted(
            operations,
            failures,
            nanos,
            client.encode(),
            latencyNanos.stream().map(String::valueOf).collect(Collectors.joining(",")));
  }

  static Sample decode(String line) {
    Map<String, String> fields = Fields.parse(line);
    return new Sample(
        Fields.number(fields, "operations"),
        Fields.number(fields, "failures"),
        Fields.number(fields, "nanos"),
        Usage.decode(line),
        Usage.NONE,
        Arrays.stream(Fields.text(fields, "latency").split(",", -1)).map(Long::valueOf).toList());
  }
}
