package io.fairlead.telemetry;

import io.fairlead.observe.AttemptOutcome;
import io.fairlead.observe.CallOutcome;
import io.fairlead.observe.CallOutcome.CacheUse;
import io.fairlead.observe.FallbackKind;
import io.fairlead.policy.CallMirror.Result;
import io.fairlead.policy.Code;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** What is counted of the calls of channels, by the names of gRFC A66 and A96. */
final class ClientMetrics {
  static final String OTHER = "other";

  /**
   * A method's own series: attempts, four of A96, and one for each fallback, use of a cache (NONE
   * is not counted, and STALE is a fallback) and result of a mirror.
   */
  private static final int SERIES_OF_METHOD =
      5 + FallbackKind.values().length + CacheUse.values().length - 2 + Result.values().length;

  private static final int SERIES_OF_STATUS = 4;

  private final boolean exemplars;
  private final SeriesTable<String, SeriesTable<String, Method>> targets;
  private final SeriesTable<String, Method> otherTarget;
  private final SeriesTable<String, LongAdder> storeFailures =
      SeriesTable.unlimited(LongAdder::new);
  private final Method other = new Method(SeriesTable.unlimited(Status::new));

  ClientMetrics(
      Predicate<String> targetFilter,
      Predicate<String> methodFilter,
      SeriesLimit limit,
      boolean exemplars) {
    this.exemplars = exemplars;
    Supplier<SeriesTable<String, Method>> ofTarget =
        () ->
            new SeriesTable<>(
                () ->
                    new Method(
                        new SeriesTable<>(
                            Status::new, limit, SERIES_OF_STATUS, code -> true, other.byCode::get)),
                limit,
                SERIES_OF_METHOD,
                methodFilter,
                name -> other);
    this.otherTarget = ofTarget.get();
    this.targets = new SeriesTable<>(ofTarget, limit, 1, targetFilter, target -> otherTarget);
  }

  /** The series of one method at one target. */
  private static final class Method {
    final SeriesTable<Code, Status> byCode;
    final LongAdder started = new LongAdder();
    final Histogram retries = new Histogram(BucketLayout.REPEATS);
    final Histogram hedges = new Histogram(BucketLayout.REPEATS);
    final Histogram resends = new Histogram(BucketLayout.REPEATS);
    final Histogram retryDelay = new Histogram(BucketLayout.SECONDS);
    final SeriesTable<FallbackKind, LongAdder> fallbacks = SeriesTable.unlimited(LongAdder::new);
    final SeriesTable<CacheUse, LongAdder> cached = SeriesTable.unlimited(LongAdder::new);

    /** By where copies go, which the program names. */
    final SeriesTable<String, SeriesTable<Result, LongAdder>> mirrored =
        SeriesTable.unlimited(() -> SeriesTable.unlimited(LongAdder::new));

    Method(SeriesTable<Code, Status> byCode) {
      this.byCode = byCode;
    }
  }

  /** The series of one status of a method. */
  private static final class Status {
    final Histogram call = new Histogram(BucketLayout.SECONDS);
    final Histogram attempt = new Histogram(BucketLayout.SECONDS);
    final Histogram sent = new Histogram(BucketLayout.BYTES);
    final Histogram received = new Histogram(BucketLayout.BYTES);
  }

  private SeriesTable<String, Method> of(String target) {
    return targets.get(CanonicalTargets.of(target));
  }

  void attemptStarted(String method, String target) {
    of(target).get(method).started.increment();
  }

  void callEnded(CallOutcome outcome) {
    Method method = of(outcome.target()).get(outcome.method());
    TraceContext trace = exemplars ? TraceContext.find(outcome.context()) : null;
    method.byCode.get(outcome.code()).call.record(outcome.totalTime().toNanos(), trace);
    List<AttemptOutcome> attempts = outcome.attempts();
    for (int i = 0; i < attempts.size(); i++) {
      AttemptOutcome attempt = attempts.get(i);
      Status status = method.byCode.get(attempt.code());
      status.attempt.record(attempt.totalTime().toNanos(), trace);
      status.sent.record(attempt.sentBytes());
      status.received.record(attempt.receivedBytes());
    }
    if (attempts.size() > 1) {
      recordRepeats(method, attempts);
    }
    if (outcome.cacheUse() != CacheUse.NONE) {
      method.cached.get(outcome.cacheUse()).increment();
    }
  }

  private static void recordRepeats(Method method, List<AttemptOutcome> attempts) {
    int retries = 0;
    int hedges = 0;
    int resends = 0;
    long idleNanos = 0;
    long busyUntil = attempts.get(0).startedAfter().toNanos();
    for (AttemptOutcome attempt : attempts) {
      switch (attempt.kind()) {
        case RETRY -> retries++;
        case HEDGE -> hedges++;
        case RESEND -> resends++;
        case FIRST, BROADCAST -> {}
      }
      long startedNanos = attempt.startedAfter().toNanos();
      idleNanos += Math.max(0, startedNanos - busyUntil);
      busyUntil = Math.max(busyUntil, startedNanos + attempt.totalTime().toNanos());
    }
    recordAboveZero(method.retries, retries);
    recordAboveZero(method.hedges, hedges);
    recordAboveZero(method.resends, resends);
    recordAboveZero(method.retryDelay, idleNanos);
  }

  private static void recordAboveZero(Histogram histogram, long value) {
    if (value > 0) {
      histogram.record(value);
    }
  }

  void fallbackServed(CallOutcome failure, FallbackKind kind) {
    of(failure.target()).get(failure.method()).fallbacks.get(kind).increment();
  }

  void callMirrored(String method, String target, String to, Result result) {
    of(target).get(method).mirrored.get(to).get(result).increment();
  }

  void responseStoreFailed(String operation) {
    storeFailures.get(operation).increment();
  }

  void collect(List<MetricFamily> into) {
    FamilyBuilder started =
        FamilyBuilder.counter(
            "grpc.client.attempt.started",
            "Attempts that have begun, also those that have not ended yet.",
            "{attempt}",
            "grpc.method",
            "grpc.target");
    FamilyBuilder attempt =
        FamilyBuilder.histogram(
            "grpc.client.attempt.duration",
            "Time of an attempt, with the choice of its endpoint.",
            "s",
            "grpc.method",
            "grpc.target",
            "grpc.status");
    FamilyBuilder sent =
        FamilyBuilder.histogram(
            "grpc.client.attempt.sent_total_compressed_message_size",
            "Bytes of an attempt's requests as they were sent, without framing and headers.",
            "By",
            "grpc.method",
            "grpc.target",
            "grpc.status");
    FamilyBuilder received =
        FamilyBuilder.histogram(
            "grpc.client.attempt.rcvd_total_compressed_message_size",
            "Bytes of an attempt's responses as they were sent, without framing and headers.",
            "By",
            "grpc.method",
            "grpc.target",
            "grpc.status");
    FamilyBuilder call =
        FamilyBuilder.histogram(
            "grpc.client.call.duration",
            "Time of a call, with all of its attempts.",
            "s",
            "grpc.method",
            "grpc.target",
            "grpc.status");
    FamilyBuilder retries = repeats("retries", "Retries of a call, if there were any.", "{retry}");
    FamilyBuilder hedges = repeats("hedges", "Hedges of a call, if there were any.", "{hedge}");
    FamilyBuilder resends =
        repeats(
            "transparent_retries",
            "Attempts of a call that follow one that never left, if there were any.",
            "{transparent_retry}");
    FamilyBuilder delay =
        repeats("retry_delay", "Time of a call without an active attempt, if there was any.", "s");
    FamilyBuilder fallbacks =
        FamilyBuilder.counter(
            "fairlead.client.fallbacks",
            "Failed calls that got a fallback as their response.",
            "{call}",
            "grpc.method",
            "grpc.target",
            "fairlead.fallback");
    FamilyBuilder cached =
        FamilyBuilder.counter(
            "fairlead.client.cache.calls",
            "Calls of methods with a cache: hit, miss, joined (an equal call), bypassed.",
            "{call}",
            "grpc.method",
            "grpc.target",
            "fairlead.cache");
    FamilyBuilder mirrored =
        FamilyBuilder.counter(
            "fairlead.client.mirror.calls",
            "Copies of calls by how the answers compare: equal, different, failed, skipped.",
            "{call}",
            "grpc.method",
            "grpc.target",
            "fairlead.mirror",
            "fairlead.result");
    FamilyBuilder store =
        FamilyBuilder.counter(
            "fairlead.client.cache.store.failures",
            "Failures of the store that shares responses; the calls went on without it.",
            "{failure}",
            "fairlead.operation");
    storeFailures.forEach((operation, count) -> store.add(count.sum(), operation));
    forEach(
        (target, name, method) -> {
          if (method.started.sum() > 0) {
            started.add(method.started.sum(), name, target);
          }
          method.byCode.forEach(
              (code, status) -> {
                attempt.add(status.attempt, name, target, code.name());
                sent.add(status.sent, name, target, code.name());
                received.add(status.received, name, target, code.name());
                call.add(status.call, name, target, code.name());
              });
          retries.add(method.retries, name, target);
          hedges.add(method.hedges, name, target);
          resends.add(method.resends, name, target);
          delay.add(method.retryDelay, name, target);
          method.cached.forEach(
              (use, count) ->
                  cached.add(count.sum(), name, target, use.name().toLowerCase(Locale.ROOT)));
          method.mirrored.forEach(
              (to, results) ->
                  results.forEach(
                      (result, count) ->
                          mirrored.add(
                              count.sum(),
                              name,
                              target,
                              to,
                              result.name().toLowerCase(Locale.ROOT))));
          method.fallbacks.forEach(
              (kind, count) ->
                  fallbacks.add(count.sum(), name, target, kind.name().toLowerCase(Locale.ROOT)));
        });
    for (FamilyBuilder family :
        List.of(
            started, attempt, sent, received, call, retries, hedges, resends, delay, fallbacks,
            cached, mirrored, store)) {
      into.add(family.build());
    }
  }

  /** Tells of the durations of calls, by target, method and status. */
  void forEachDuration(DurationConsumer consumer) {
    forEach(
        (target, name, method) ->
            method.byCode.forEach(
                (code, status) -> consumer.accept(target, name, code, status.call)));
  }

  private static FamilyBuilder repeats(String name, String help, String unit) {
    return FamilyBuilder.histogram(
        "grpc.client.call." + name, help, unit, "grpc.method", "grpc.target");
  }

  /** Hears of the durations of calls that ended with a status. */
  interface DurationConsumer {
    void accept(String target, String method, Code code, Histogram durations);
  }

  /** Hears of the series of a method at a target. */
  private interface SeriesConsumer {
    void accept(String target, String name, Method method);
  }

  private void forEach(SeriesConsumer consumer) {
    targets.forEach(
        (target, methods) ->
            methods.forEach((name, method) -> consumer.accept(target, name, method)));
    otherTarget.forEach((name, method) -> consumer.accept(OTHER, name, method));
    consumer.accept(OTHER, OTHER, other);
  }
}
