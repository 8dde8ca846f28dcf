package io.fairlead.telemetry;

import io.fairlead.observe.ServerCallOutcome;
import io.fairlead.observe.ServerCallOutcome.InjectedFault;
import io.fairlead.observe.ServerCallOutcome.RejectionReason;
import io.fairlead.policy.Code;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BiConsumer;
import java.util.function.Predicate;

/** What is counted of the calls of servers: gRFC A66's names, and what admission did. */
final class ServerMetrics {

  /** A method's own series: starts, queue, handler, rejections by reason, and faults. */
  private static final int SERIES_OF_METHOD =
      3 + RejectionReason.values().length + InjectedFault.values().length;

  private static final int SERIES_OF_STATUS = 3;

  private final boolean exemplars;
  private final SeriesTable<String, Method> methods;
  private final Method other = new Method(SeriesTable.unlimited(Status::new));

  ServerMetrics(Predicate<String> filter, SeriesLimit limit, boolean exemplars) {
    this.exemplars = exemplars;
    this.methods =
        new SeriesTable<>(
            () ->
                new Method(
                    new SeriesTable<>(
                        Status::new, limit, SERIES_OF_STATUS, code -> true, other.byCode::get)),
            limit,
            SERIES_OF_METHOD,
            name -> !name.equals(ServerCallOutcome.OTHER_METHOD) && filter.test(name),
            name -> other);
  }

  /** The series of one method. */
  private static final class Method {
    final SeriesTable<Code, Status> byCode;
    final LongAdder started = new LongAdder();
    final Histogram queue = new Histogram(BucketLayout.SECONDS);
    final Histogram handler = new Histogram(BucketLayout.SECONDS);
    final SeriesTable<RejectionReason, LongAdder> rejections =
        SeriesTable.unlimited(LongAdder::new);
    final SeriesTable<InjectedFault, LongAdder> faults = SeriesTable.unlimited(LongAdder::new);

    Method(SeriesTable<Code, Status> byCode) {
      this.byCode = byCode;
    }
  }

  /** The series of one status of a method. */
  private static final class Status {
    final Histogram duration = new Histogram(BucketLayout.SECONDS);
    final Histogram sent = new Histogram(BucketLayout.BYTES);
    final Histogram received = new Histogram(BucketLayout.BYTES);
  }

  void callStarted(String method) {
    methods.get(method).started.increment();
  }

  void callEnded(ServerCallOutcome outcome) {
    Method method = methods.get(outcome.method());
    Status status = method.byCode.get(outcome.code());
    TraceContext trace = exemplars ? TraceContext.find(outcome.context()) : null;
    status.duration.record(outcome.totalTime().toNanos(), trace);
    status.sent.record(outcome.responseBytes());
    status.received.record(outcome.requestBytes());
    Duration queued = outcome.queueTime();
    if (!queued.isZero()) {
      method.queue.record(queued.toNanos());
    }
    // No lambdas, which would be objects of each call.
    Duration handled = outcome.handlerTime().orElse(null);
    if (handled != null) {
      method.handler.record(handled.toNanos());
    }
    RejectionReason rejected = outcome.rejectionReason().orElse(null);
    if (rejected != null) {
      method.rejections.get(rejected).increment();
    }
    InjectedFault fault = outcome.injectedFault().orElse(null);
    if (fault != null) {
      method.faults.get(fault).increment();
    }
  }

  /** Tells of the durations of calls, by method and status; the target is empty. */
  void forEachDuration(ClientMetrics.DurationConsumer consumer) {
    BiConsumer<String, Method> each =
        (name, method) ->
            method.byCode.forEach(
                (code, status) -> consumer.accept("", name, code, status.duration));
    methods.forEach(each);
    each.accept(ServerCallOutcome.OTHER_METHOD, other);
  }

  /** Takes what is counted of a method of servers beside the durations of its calls. */
  interface AdmissionConsumer {
    void accept(String method, long started, Map<RejectionReason, Long> rejections);
  }

  /** Tells how many calls have begun, and how many admission has rejected, by method. */
  void forEachAdmission(AdmissionConsumer consumer) {
    BiConsumer<String, Method> each =
        (name, method) -> {
          Map<RejectionReason, Long> rejections = new EnumMap<>(RejectionReason.class);
          method.rejections.forEach((reason, count) -> rejections.put(reason, count.sum()));
          consumer.accept(name, method.started.sum(), rejections);
        };
    methods.forEach(each);
    each.accept(ServerCallOutcome.OTHER_METHOD, other);
  }

  void collect(List<MetricFamily> into) {
    FamilyBuilder started =
        FamilyBuilder.counter(
            "grpc.server.call.started", "Calls that have begun.", "{call}", "grpc.method");
    FamilyBuilder duration =
        FamilyBuilder.histogram(
            "grpc.server.call.duration",
            "Time from the headers of a call to its end.",
            "s",
            "grpc.method",
            "grpc.status");
    FamilyBuilder sent =
        FamilyBuilder.histogram(
            "grpc.server.call.sent_total_compressed_message_size",
            "Bytes of a call's responses as they were sent, without framing and headers.",
            "By",
            "grpc.method",
            "grpc.status");
    FamilyBuilder received =
        FamilyBuilder.histogram(
            "grpc.server.call.rcvd_total_compressed_message_size",
            "Bytes of a call's requests as they were sent, without framing and headers.",
            "By",
            "grpc.method",
            "grpc.status");
    FamilyBuilder queue =
        FamilyBuilder.histogram(
            "fairlead.server.queue.duration",
            "Time that a call waited for admission; calls that did not wait are left out.",
            "s",
            "grpc.method");
    FamilyBuilder handler =
        FamilyBuilder.histogram(
            "fairlead.server.handler.duration",
            "Time from the handler's turn to the end of the call.",
            "s",
            "grpc.method");
    FamilyBuilder rejected =
        FamilyBuilder.counter(
            "fairlead.server.calls.rejected",
            "Calls that admission rejected.",
            "{call}",
            "grpc.method",
            "fairlead.reason");
    FamilyBuilder faults =
        FamilyBuilder.counter(
            "fairlead.server.faults.injected",
            "Calls that got a fault on purpose: delay, status, delay_and_status.",
            "{call}",
            "grpc.method",
            "fairlead.fault");
    BiConsumer<String, Method> add =
        (name, method) -> {
          if (method.started.sum() > 0) {
            started.add(method.started.sum(), name);
          }
          method.byCode.forEach(
              (code, status) -> {
                duration.add(status.duration, name, code.name());
                sent.add(status.sent, name, code.name());
                received.add(status.received, name, code.name());
              });
          queue.add(method.queue, name);
          handler.add(method.handler, name);
          method.rejections.forEach(
              (reason, count) ->
                  rejected.add(count.sum(), name, reason.name().toLowerCase(Locale.ROOT)));
          method.faults.forEach(
              (fault, count) ->
                  faults.add(count.sum(), name, fault.name().toLowerCase(Locale.ROOT)));
        };
    methods.forEach(add);
    add.accept(ServerCallOutcome.OTHER_METHOD, other);
    for (FamilyBuilder family :
        List.of(started, duration, sent, received, queue, handler, rejected, faults)) {
      into.add(family.build());
    }
  }
}
