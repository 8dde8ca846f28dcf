package io.fairlead.bench;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Every round of every variant, for other programs. */
final class JsonReport {
  private JsonReport() {}

  static String of(List<Result> results, String about) {
    return results.stream()
        .map(JsonReport::result)
        .collect(
            Collectors.joining(
                ",\n  ", "{\"about\": " + quote(about) + ",\n \"results\": [\n  ", "\n]}\n"));
  }

  private static String result(Result result) {
    return result.rounds().stream()
        .map(JsonReport::round)
        .collect(
            Collectors.joining(
                ", ",
                "{\"load\": %s, \"variant\": %s, \"rounds\": ["
                    .formatted(quote(result.load()), quote(result.variant())),
                "]}"));
  }

  private static String round(Sample sample) {
    return String.format(
        Locale.ROOT,
        "{\"operations\": %d, \"nanos\": %d, \"clientCpuNanos\": %d, \"serverCpuNanos\": %d,"
            + " \"clientAllocatedBytes\": %d, \"serverAllocatedBytes\": %d, \"latencyNanos\": %s}",
        sample.operations(),
        sample.nanos(),
        sample.client().cpuNanos(),
        sample.server().cpuNanos(),
        sample.client().allocatedBytes(),
        sample.server().allocatedBytes(),
        sample.latencyNanos());
  }

  private static String quote(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n") + '"';
  }
}
