package io.fairlead.observe;

import io.fairlead.internal.Durations;
import io.fairlead.policy.Code;
import io.fairlead.policy.PolicyField;
import io.grpc.Metadata;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Why a call failed: every attempt with its endpoint, why that was chosen, where the time went and
 * how it ended, and which policy came from where. Works for exceptions of stock stubs too.
 */
public final class CallExplanation {
  /** Carries the explanation inside this process; nothing of it is ever written to a wire. */
  private static final Metadata.Key<CallExplanation> KEY =
      Metadata.Key.of("fairlead-explain-bin", new InProcess());

  private final CallOutcome outcome;
  private final List<String> remarks;

  private CallExplanation(CallOutcome outcome, List<String> remarks) {
    this.outcome = outcome;
    this.remarks = List.copyOf(remarks);
  }

  /** Explains an outcome. */
  public static CallExplanation of(CallOutcome outcome) {
    return of(outcome, List.of());
  }

  /** Explains an outcome, with the {@linkplain CallObserver#remark remarks} of observers. */
  public static CallExplanation of(CallOutcome outcome, List<String> remarks) {
    return new CallExplanation(outcome, remarks);
  }

  /**
   * Returns the explanation of a failure, if the exception or one of its causes came from a
   * Fairlead channel.
   */
  public static Optional<CallExplanation> of(Throwable failure) {
    int depth = 0;
    for (Throwable cause = failure; cause != null && depth < 20; cause = cause.getCause()) {
      depth++;
      CallExplanation found = ofTrailers(trailers(cause));
      if (found != null) {
        return Optional.of(found);
      }
    }
    return Optional.empty();
  }

  /**
   * Returns the explanation that a Fairlead channel put with the trailers of a failed call, or
   * null.
   */
  public static @Nullable CallExplanation ofTrailers(@Nullable Metadata trailers) {
    return trailers == null ? null : trailers.get(KEY);
  }

  /** Puts the explanation with the trailers that the caller of this process will see. */
  public void attachTo(Metadata trailers) {
    trailers.discardAll(KEY);
    trailers.put(KEY, this);
  }

  private static @Nullable Metadata trailers(Throwable cause) {
    // Status.trailersFromThrowable() searches the causes itself, and would find the same again.
    if (cause instanceof io.grpc.StatusRuntimeException e) {
      return e.getTrailers();
    }
    return cause instanceof io.grpc.StatusException e ? e.getTrailers() : null;
  }

  /** Returns the facts. */
  public CallOutcome outcome() {
    return outcome;
  }

  /** Returns whether this side found the failure; otherwise the other side sent it. */
  public boolean local() {
    return outcome.origin() == StatusOrigin.LOCAL;
  }

  /** Returns one line: method, time used, attempts and why there was no other. */
  public String headline() {
    return headlineAfter("");
  }

  /**
   * Returns the same behind this description, which is not said again where an attempt ended with
   * it.
   */
  public String headlineAfter(String description) {
    StringBuilder text = new StringBuilder(outcome.method());
    text.append(" failed after ").append(Durations.rough(outcome.totalTime().toNanos()));
    outcome.deadline().ifPresent(deadline -> text.append(" of ").append(limit(deadline)));
    if (outcome.attempts().isEmpty()) {
      boolean waited = outcome.cacheUse() == CallOutcome.CacheUse.JOINED;
      text.append(waited ? ", joined an equal call" : ", nothing was sent");
    } else {
      text.append(": ");
      for (int i = 0; i < outcome.attempts().size(); i++) {
        String line = outcome.attempts().get(i).line(description);
        text.append(i == 0 ? "" : ", ").append(line);
      }
    }
    if (!outcome.endReason().isEmpty()) {
      text.append("; ").append(outcome.endReason());
    }
    return text.append(local() ? "" : unknownService()).toString();
  }

  /**
   * Returns a way out where a server does not have the method. grpc-java says {@code Method not
   * found}, grpc-go {@code unknown service}; etcd is written in Go, and takes calls of any client.
   */
  private String unknownService() {
    if (outcome.code() != Code.UNIMPLEMENTED) {
      return "";
    }
    boolean go = outcome.description().startsWith("unknown service ");
    if (!go && !outcome.description().startsWith("Method not found")) {
      return "";
    }
    String way = "; is this the right server, and is the service bound there?";
    String target = outcome.target();
    return go && !target.contains("://")
        ? way
            + " If it is an etcd, write \"etcd://"
            + target
            + "/service\", or \"etcd:///service\" with .registry(...)"
        : way;
  }

  private String limit(Duration deadline) {
    return Durations.rough(deadline.toNanos()) + " (" + outcome.deadlineSource() + ")";
  }

  /** Returns everything, on several lines. */
  public String text() {
    StringBuilder text = new StringBuilder();
    text.append(outcome.method()).append(" on ").append(outcome.target()).append(": ");
    text.append(outcome.code());
    if (!outcome.description().isEmpty()) {
      text.append(" (").append(outcome.description()).append(')');
    }
    text.append(local() ? ", found by this side" : ", sent by the other side");
    text.append(", after ").append(Durations.rough(outcome.totalTime().toNanos()));
    if (outcome.code() != Code.OK) {
      text.append(
          outcome.deadline().map(each -> " of " + limit(each)).orElse(", without a deadline"));
    }
    text.append('\n');
    String cache = cacheUse();
    text.append(cache.isEmpty() ? "" : "  " + cache + "\n");
    outcome.attempts().forEach(attempt -> append(text, attempt));
    if (!outcome.endReason().isEmpty()) {
      text.append("  no further attempt: ").append(outcome.endReason()).append('\n');
    }
    remarks.forEach(remark -> text.append("  ").append(remark).append('\n'));
    text.append("  policy:");
    for (PolicyField field : PolicyField.values()) {
      if (outcome.policy().value(field) != null) {
        text.append("\n    ").append(outcome.policy().describe(field));
        text.append(field == PolicyField.DEADLINE && isReplaced(field) ? ", not in force" : "");
      }
    }
    return text.toString();
  }

  /** Returns what the cache did for the call, in words; an empty text if the method has none. */
  public String cacheUse() {
    return switch (outcome.cacheUse()) {
      case NONE -> "";
      case HIT -> "from cache, " + age() + " old";
      case MISS -> "not in the cache";
      case JOINED -> "joined an equal call, which has the attempts";
      case BYPASSED -> "the cache was not asked";
      case STALE -> "from cache in place of the failure, " + age() + " old";
    };
  }

  private String age() {
    return Durations.rough(outcome.cacheAge().orElseThrow().toNanos());
  }

  /** Returns whether the deadline that held was another than the policy's. */
  private boolean isReplaced(PolicyField deadline) {
    return outcome.deadline().isPresent()
        && !outcome.deadlineSource().equals(outcome.policy().origin(deadline).toString());
  }

  private static void append(StringBuilder text, AttemptOutcome attempt) {
    text.append("  attempt ").append(attempt.number());
    if (attempt.kind() != AttemptOutcome.Kind.FIRST) {
      text.append(", ").append(attempt.kind()).append(',');
    }
    text.append(" at +").append(Durations.rough(attempt.startedAfter().toNanos()));
    text.append(" to ").append(attempt.endpoint().isEmpty() ? "nowhere" : attempt.where());
    if (!attempt.pickReason().isEmpty()) {
      text.append(" (").append(attempt.pickReason()).append(')');
    }
    text.append(": waited ").append(Durations.rough(attempt.waitTime().toNanos()));
    text.append(", on the wire ").append(Durations.rough(attempt.wireTime().toNanos()));
    text.append(", ").append(attempt.code());
    if (attempt.timedOut()) {
      text.append(" by the per-attempt limit");
    }
    // What a pick said when it found no endpoint is the reason for the pick as well.
    if (!attempt.description().isEmpty() && !attempt.description().equals(attempt.pickReason())) {
      text.append(" (").append(attempt.description()).append(')');
    }
    text.append(
        switch (attempt.progress()) {
          case NOT_CONNECTED -> ", no connection took it";
          case NOT_SENT -> ", never left this process";
          case REFUSED -> ", not looked at by the server";
          case SENT -> "";
        });
    text.append('\n');
  }

  /** Returns the same as {@link #text}. */
  @Override
  public String toString() {
    return text();
  }

  /** grpc-java reads a value back from its stream, so the stream carries the very object. */
  private static final class Carried extends ByteArrayInputStream {
    final CallExplanation value;

    Carried(CallExplanation value) {
      super(new byte[0]);
      this.value = value;
    }
  }

  private static final class InProcess implements Metadata.BinaryStreamMarshaller<CallExplanation> {
    @Override
    public InputStream toStream(CallExplanation value) {
      return new Carried(value);
    }

    // Null is what ofTrailers() gives for bytes that another process sent under this name.
    @Override
    @SuppressWarnings("NullAway")
    public CallExplanation parseStream(InputStream stream) {
      return stream instanceof Carried carried ? carried.value : null;
    }
  }
}
