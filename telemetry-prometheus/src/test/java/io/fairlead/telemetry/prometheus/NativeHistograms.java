package io.fairlead.telemetry.prometheus;

import com.google.protobuf.UnknownFieldSet;
import com.google.protobuf.UnknownFieldSet.Field;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import java.util.TreeMap;

/**
 * The native histograms in the protobuf format of Prometheus, read by field number: {@code
 * MetricFamily.name} is 1 and {@code metric} 4, {@code Metric.histogram} is 7, and in a {@code
 * Histogram} {@code schema} is 5 and {@code positive_span} 12.
 */
final class NativeHistograms {
  private NativeHistograms() {}

  /** Returns how many spans of buckets the metrics of each family have, for those with any. */
  static Map<String, Integer> read(byte[] body) throws IOException {
    Map<String, Integer> spans = new TreeMap<>();
    InputStream in = new ByteArrayInputStream(body);
    while (in.available() > 0) {
      UnknownFieldSet.Builder family = UnknownFieldSet.newBuilder();
      family.mergeDelimitedFrom(in);
      UnknownFieldSet read = family.build();
      String name = read.getField(1).getLengthDelimitedList().get(0).toStringUtf8();
      for (var metric : read.getField(4).getLengthDelimitedList()) {
        Field histogram = UnknownFieldSet.parseFrom(metric).getField(7);
        for (var value : histogram.getLengthDelimitedList()) {
          UnknownFieldSet fields = UnknownFieldSet.parseFrom(value);
          if (fields.hasField(5) && fields.hasField(12)) {
            spans.merge(name, fields.getField(12).getLengthDelimitedList().size(), Integer::sum);
          }
        }
      }
    }
    return spans;
  }
}
