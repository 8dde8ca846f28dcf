package io.fairlead.balance.internal;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Duration;

/**
 * An endpoint's own reports of its load (ORCA), and the weight that follows from them: calls per
 * second for each unit of utilization, as in gRFC A58.
 *
 * <p>Reports come with trailers, on the event loops, or on a stream of their own. The weight counts
 * only after ten seconds of reports, so that a few early ones do not mislead, and no longer than
 * three minutes after the last. The few fields are read by hand, which spares a dependency on the
 * generated messages.
 */
final class OrcaLoadReports {
  /** The trailer that carries a report with each call. */
  static final Metadata.Key<byte[]> TRAILER =
      Metadata.Key.of("endpoint-load-metrics-bin", Metadata.BINARY_BYTE_MARSHALLER);

  /** The stream of reports out of band. */
  static final MethodDescriptor<Duration, Report> STREAM =
      MethodDescriptor.<Duration, Report>newBuilder()
          .setType(MethodDescriptor.MethodType.SERVER_STREAMING)
          .setFullMethodName("xds.service.orca.v3.OpenRcaService/StreamCoreMetrics")
          .setRequestMarshaller(new RequestForm())
          .setResponseMarshaller(new ReportForm())
          .build();

  private static final long BLACKOUT_NANOS = Duration.ofSeconds(10).toNanos();
  private static final long EXPIRY_NANOS = Duration.ofMinutes(3).toNanos();

  @GuardedBy("this")
  private boolean any;

  @GuardedBy("this")
  private long firstAt;

  @GuardedBy("this")
  private long lastAt;

  @GuardedBy("this")
  private double weight;

  /** What of a report the weight needs. */
  record Report(double utilization, double callsPerSecond, double errorsPerSecond) {
    /** Reads {@code xds.data.orca.v3.OrcaLoadReport}. */
    static Report read(InputStream stream) throws IOException {
      CodedInputStream in = CodedInputStream.newInstance(stream);
      double cpu = 0;
      double application = 0;
      double calls = 0;
      double errors = 0;
      for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
        boolean real = WireFormat.getTagWireType(tag) == WireFormat.WIRETYPE_FIXED64;
        int field = real ? WireFormat.getTagFieldNumber(tag) : -1;
        switch (field) {
          case 1 -> cpu = in.readDouble();
          case 6 -> calls = in.readDouble();
          case 7 -> errors = in.readDouble();
          case 9 -> application = in.readDouble();
          default -> in.skipField(tag);
        }
      }
      return new Report(application > 0 ? application : cpu, calls, errors);
    }

    double weight() {
      double perCall = callsPerSecond > 0 ? errorsPerSecond / callsPerSecond : 0;
      double spent = utilization + perCall;
      return callsPerSecond > 0 && utilization > 0 ? callsPerSecond / spent : 0;
    }
  }

  /** The endpoint is connected anew: what it said before is not believed any more. */
  synchronized void restart() {
    any = false;
    weight = 0;
  }

  synchronized void accept(Report report, long nowNanos) {
    double reported = report.weight();
    if (!(reported > 0) || Double.isInfinite(reported)) {
      return;
    }
    if (!any || nowNanos - lastAt > EXPIRY_NANOS) {
      any = true;
      firstAt = nowNanos;
    }
    lastAt = nowNanos;
    weight = reported;
  }

  /** The weight, or 0 while reports are too few or too old. */
  synchronized double weight(long nowNanos) {
    boolean fresh = any && nowNanos - lastAt <= EXPIRY_NANOS;
    return fresh && nowNanos - firstAt >= BLACKOUT_NANOS ? weight : 0;
  }

  /** Whether there were reports, and the last one is too old. */
  synchronized boolean isStale(long nowNanos) {
    return any && nowNanos - lastAt > EXPIRY_NANOS;
  }

  /** A request for a report each so often: field 1, a {@code google.protobuf.Duration}. */
  private static final class RequestForm implements MethodDescriptor.Marshaller<Duration> {
    @Override
    public InputStream stream(Duration interval) {
      byte[] inner =
          com.google.protobuf.Duration.newBuilder()
              .setSeconds(interval.getSeconds())
              .setNanos(interval.getNano())
              .build()
              .toByteArray();
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      out.write(1 << 3 | WireFormat.WIRETYPE_LENGTH_DELIMITED);
      out.write(inner.length);
      out.writeBytes(inner);
      return new ByteArrayInputStream(out.toByteArray());
    }

    @Override
    public Duration parse(InputStream stream) {
      throw new UnsupportedOperationException("only clients use this form");
    }
  }

  private static final class ReportForm implements MethodDescriptor.Marshaller<Report> {
    @Override
    public InputStream stream(Report report) {
      throw new UnsupportedOperationException("only servers send reports");
    }

    @Override
    public Report parse(InputStream stream) {
      try {
        return Report.read(stream);
      } catch (IOException e) {
        throw new UncheckedIOException("a load report does not parse", e);
      }
    }
  }
}
