package io.fairlead.admin;

import io.fairlead.CallContext;
import io.fairlead.admin.v1.Call;
import io.fairlead.admin.v1.ListCallsRequest;
import io.fairlead.observe.CallExplanation;
import io.fairlead.observe.CallOutcome;
import io.fairlead.observe.ServerCallOutcome;
import io.fairlead.policy.Code;
import io.fairlead.telemetry.TraceContext;
import io.grpc.Context;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * The last calls, the last slow ones and the last that failed, in rings of a fixed size. A call
 * costs a small object and two writes; words are made when somebody asks. Safe for use by many
 * threads.
 */
final class CallLog {
  private static final int RECENT = 256;
  private static final int NOTABLE = 128;

  private final Ring recent = new Ring(RECENT);
  private final Ring slow = new Ring(NOTABLE);
  private final Ring failed = new Ring(NOTABLE);
  private final Duration slowFrom;
  private final InstantSource clock;
  private final Taps taps = new Taps(System::nanoTime);

  CallLog(Duration slowFrom, InstantSource clock) {
    this.slowFrom = slowFrom;
    this.clock = clock;
  }

  /** A call that has ended, without its context, which may hold on to much. */
  private sealed interface Entry {
    Instant ended();

    String method();

    String traceId();

    Call toMessage();
  }

  private record Served(
      Instant ended,
      String method,
      Duration took,
      Duration queued,
      Code code,
      String description,
      String peer,
      String traceId,
      String ending,
      boolean lacksDeadline)
      implements Entry {
    @Override
    public Call toMessage() {
      return Call.newBuilder()
          .setSide(Call.Side.SERVER)
          .setMethod(method)
          .setEnded(StateMessages.timestamp(ended))
          .setTook(StateMessages.duration(took))
          .setQueued(StateMessages.duration(queued))
          .setCode(code.name())
          .setPeer(peer)
          .setTraceId(traceId)
          .setExplanation(ending + (description.isEmpty() ? "" : ": " + description))
          .build();
    }
  }

  private record Made(Instant ended, CallOutcome outcome, String traceId) implements Entry {
    @Override
    public String method() {
      return outcome.method();
    }

    @Override
    public Call toMessage() {
      return Call.newBuilder()
          .setSide(Call.Side.CLIENT)
          .setMethod(outcome.method())
          .setEnded(StateMessages.timestamp(ended))
          .setTook(StateMessages.duration(outcome.totalTime()))
          .setCode(outcome.code().name())
          .setPeer(outcome.target())
          .setTraceId(traceId)
          .setExplanation(
              outcome.code() == Code.OK ? summary() : CallExplanation.of(outcome).text())
          .build();
    }

    /** Of a call that ended well: its attempts, and what the cache did. */
    private String summary() {
      List<String> parts = new ArrayList<>();
      outcome.attempts().forEach(attempt -> parts.add(attempt.toString()));
      String cache = CallExplanation.of(outcome).cacheUse();
      if (!cache.isEmpty()) {
        parts.add(cache);
      }
      return String.join("; ", parts);
    }
  }

  void add(ServerCallOutcome outcome) {
    String peer = outcome.caller().or(() -> outcome.peer().map(Object::toString)).orElse("unknown");
    add(
        new Served(
            clock.instant(),
            outcome.method(),
            outcome.totalTime(),
            outcome.queueTime(),
            outcome.code(),
            outcome.description(),
            peer,
            traceOf(outcome),
            outcome.ending()
                + outcome.injectedFault().map(fault -> ", injected " + fault).orElse(""),
            outcome.kind() == ServerCallOutcome.Kind.UNARY && outcome.deadline().isEmpty()),
        outcome.totalTime(),
        outcome.code());
  }

  void add(CallOutcome outcome) {
    add(
        new Made(
            clock.instant(),
            outcome.toBuilder().context(Context.ROOT).build(),
            traceIn(outcome.context())),
        outcome.totalTime(),
        outcome.code());
  }

  private void add(Entry entry, Duration took, Code code) {
    recent.add(entry);
    if (taps.isOpen()) {
      taps.add(entry.toMessage());
    }
    if (took.compareTo(slowFrom) >= 0) {
      slow.add(entry);
    }
    if (code != Code.OK) {
      failed.add(entry);
    }
  }

  /** Returns the unary methods that were called without a deadline, with how many recent calls. */
  SortedMap<String, Integer> withoutDeadline() {
    SortedMap<String, Integer> found = new TreeMap<>();
    for (Entry entry : recent.newestFirst()) {
      if (entry instanceof Served served && served.lacksDeadline()) {
        found.merge(served.method(), 1, Integer::sum);
      }
    }
    return found;
  }

  /** Of the trace that the call belongs to, also if it began with it; else of its header. */
  private static String traceOf(ServerCallOutcome outcome) {
    return TraceContext.of(outcome.context())
        .map(TraceContext::traceId)
        .or(() -> outcome.header("traceparent").map(CallLog::traceId))
        .orElse("");
  }

  /** Of the call that was served while this one was made. */
  private static String traceIn(Context context) {
    Optional<TraceContext> trace = TraceContext.of(context);
    if (trace.isPresent()) {
      return trace.get().traceId();
    }
    Context before = context.attach();
    try {
      return CallContext.find()
          .flatMap(call -> call.header("traceparent"))
          .map(CallLog::traceId)
          .orElse("");
    } finally {
      context.detach(before);
    }
  }

  /** Of {@code 00-<32 hexadecimal digits>-<16 of them>-<2 of them>}. */
  static String traceId(String traceparent) {
    return traceparent.length() >= 35 ? traceparent.substring(3, 35) : "";
  }

  Taps taps() {
    return taps;
  }

  /**
   * Returns calls, newest first; an empty method or trace stands for all. Those of a trace are
   * looked for among the slow and the failed ones too, which stay longer.
   */
  List<Call> list(ListCallsRequest.Kind kind, String method, String trace, int limit) {
    return candidates(kind, trace).stream()
        .filter(each -> method.isEmpty() || each.method().equals(method))
        .filter(each -> trace.isEmpty() || each.traceId().equals(trace))
        .limit(limit)
        .map(Entry::toMessage)
        .toList();
  }

  private Collection<Entry> candidates(ListCallsRequest.Kind kind, String trace) {
    if (trace.isEmpty()) {
      return switch (kind) {
        case SLOW -> slow.newestFirst();
        case FAILED -> failed.newestFirst();
        default -> recent.newestFirst();
      };
    }
    // By identity: one entry is in several rings.
    IdentityHashMap<Entry, Boolean> all = new IdentityHashMap<>();
    for (Ring ring : List.of(recent, slow, failed)) {
      ring.newestFirst().forEach(each -> all.put(each, true));
    }
    return all.keySet().stream().sorted(Comparator.comparing(Entry::ended).reversed()).toList();
  }

  private static final class Ring {
    private final AtomicReferenceArray<@Nullable Entry> entries;
    private final AtomicLong next = new AtomicLong();

    Ring(int size) {
      this.entries = new AtomicReferenceArray<>(size);
    }

    void add(Entry entry) {
      entries.set((int) (next.getAndIncrement() % entries.length()), entry);
    }

    List<Entry> newestFirst() {
      List<Entry> found = new ArrayList<>();
      long end = next.get();
      for (long i = end - 1; i >= Math.max(0, end - entries.length()); i--) {
        Entry entry = entries.get((int) (i % entries.length()));
        if (entry != null) {
          found.add(entry);
        }
      }
      return found;
    }
  }
}
