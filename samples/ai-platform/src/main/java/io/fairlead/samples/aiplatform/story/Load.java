package io.fairlead.samples.aiplatform.story;

import io.fairlead.RpcException;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/** What calls came to: how long each took, and how those failed that did. */
final class Load {
  /** In microseconds, of calls that were answered. Guarded by this, as are the failures. */
  private final List<Long> micros = new ArrayList<>();

  private final Map<Status.Code, Integer> failures = new EnumMap<>(Status.Code.class);

  /** Counts a call that began at a time of {@link System#nanoTime} and ends now. */
  synchronized void end(long begin, @Nullable Throwable failure) {
    if (failure == null) {
      micros.add((System.nanoTime() - begin) / 1_000);
      return;
    }
    Throwable cause = failure instanceof CompletionException e ? e.getCause() : failure;
    Status.Code code = cause instanceof RpcException e ? e.code() : Status.Code.UNKNOWN;
    failures.merge(code, 1, Integer::sum);
  }

  synchronized int answered() {
    return micros.size();
  }

  synchronized int failed() {
    return failures.values().stream().mapToInt(Integer::intValue).sum();
  }

  synchronized int failed(Status.Code code) {
    return failures.getOrDefault(code, 0);
  }

  synchronized Map<Status.Code, Integer> failures() {
    return new EnumMap<>(failures);
  }

  /** Returns the time in milliseconds that a share of the answered calls was not slower than. */
  synchronized double millis(double share) {
    long[] sorted = micros.stream().mapToLong(Long::longValue).sorted().toArray();
    return sorted.length == 0
        ? 0
        : sorted[Math.min(sorted.length - 1, (int) (share * sorted.length))] / 1e3;
  }
}
