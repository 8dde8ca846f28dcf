package io.fairlead.observe;

import io.fairlead.internal.Durations;
import io.fairlead.policy.Code;
import io.fairlead.policy.ResolvedPolicy;
import io.grpc.Context;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** How a call of a channel ended, with its attempts in the order of their starts. */
public final class CallOutcome {
  private final String method;
  private final String target;
  private final ResolvedPolicy policy;
  private final Code code;
  private final String description;
  private final StatusOrigin origin;
  private final Duration totalTime;
  private final @Nullable Duration deadline;
  private final String deadlineSource;
  private final List<AttemptOutcome> attempts;
  private final String endReason;
  private final boolean rejectedByBreaker;
  private final Context context;

  private CallOutcome(Builder builder) {
    this.method = builder.method;
    this.target = builder.target;
    this.policy = builder.policy;
    this.code = builder.code;
    this.description = builder.description;
    this.origin = builder.origin;
    this.totalTime = builder.totalTime;
    this.deadline = builder.deadline;
    this.deadlineSource = builder.deadlineSource;
    this.attempts = builder.attempts;
    this.endReason = builder.endReason;
    this.rejectedByBreaker = builder.rejectedByBreaker;
    this.context = builder.context;
  }

  /**
   * Starts an outcome: OK, without a deadline and without attempts. The runtime makes outcomes;
   * others need this to test an observer.
   *
   * @param method full name, such as {@code shop.v1.Inventory/Reserve}
   * @param target of the channel
   * @param policy what held for the call
   */
  public static Builder builder(String method, String target, ResolvedPolicy policy) {
    return new Builder(method, target, policy);
  }

  /** Returns the full name of the method, such as {@code shop.v1.Inventory/Reserve}. */
  public String method() {
    return method;
  }

  /** Returns the target of the channel. */
  public String target() {
    return target;
  }

  /** Returns the policy that held for the call. */
  public ResolvedPolicy policy() {
    return policy;
  }

  /** Returns how the call ended for the caller, before any fallback. */
  public Code code() {
    return code;
  }

  /** Returns what the status said, or an empty text. */
  public String description() {
    return description;
  }

  /** Returns the side that decided the status. */
  public StatusOrigin origin() {
    return origin;
  }

  /** Returns the time from start to end. */
  public Duration totalTime() {
    return totalTime;
  }

  /**
   * Returns the time from the start until the deadline that held; empty for none, and for a call
   * that ended well.
   */
  public Optional<Duration> deadline() {
    return Optional.ofNullable(deadline);
  }

  /** Returns who set that deadline, as in {@code "call settings"}; an empty text for none. */
  public String deadlineSource() {
    return deadlineSource;
  }

  /** Returns the attempts; none if the call was refused before the first one. */
  public List<AttemptOutcome> attempts() {
    return attempts;
  }

  /** Returns why there was no further attempt, or an empty text. */
  public String endReason() {
    return endReason;
  }

  /** Returns whether circuit breakers ended the call: its method's, or those of all endpoints. */
  public boolean rejectedByBreaker() {
    return rejectedByBreaker;
  }

  /** Returns the gRPC context in which the call was made, with the values of interceptors. */
  public Context context() {
    return context;
  }

  /** Starts another outcome with the values of this one. */
  public Builder toBuilder() {
    Builder builder =
        new Builder(method, target, policy)
            .status(code, description, origin)
            .totalTime(totalTime)
            .attempts(attempts)
            .endReason(endReason)
            .rejectedByBreaker(rejectedByBreaker)
            .context(context);
    return deadline == null ? builder : builder.deadline(deadline, deadlineSource);
  }

  /** Returns one line of text. */
  @Override
  public String toString() {
    return method + " " + code + " " + Durations.rough(totalTime.toNanos()) + " " + attempts;
  }

  /** Collects what an outcome says. Not safe for use by several threads. */
  public static final class Builder {
    private final String method;
    private final String target;
    private final ResolvedPolicy policy;
    private Code code = Code.OK;
    private String description = "";
    private StatusOrigin origin = StatusOrigin.WIRE;
    private Duration totalTime = Duration.ZERO;
    private @Nullable Duration deadline;
    private String deadlineSource = "";
    private List<AttemptOutcome> attempts = List.of();
    private String endReason = "";
    private boolean rejectedByBreaker;
    private Context context = Context.ROOT;

    private Builder(String method, String target, ResolvedPolicy policy) {
      this.method = Objects.requireNonNull(method, "method");
      this.target = Objects.requireNonNull(target, "target");
      this.policy = Objects.requireNonNull(policy, "policy");
    }

    /** Sets the status, and the side that decided it. Default: OK, of the other side. */
    public Builder status(Code code, String description, StatusOrigin origin) {
      this.code = Objects.requireNonNull(code, "code");
      this.description = Objects.requireNonNull(description, "description");
      this.origin = Objects.requireNonNull(origin, "origin");
      return this;
    }

    /** Sets the time from start to end. */
    public Builder totalTime(Duration time) {
      this.totalTime = Objects.requireNonNull(time, "time");
      return this;
    }

    /** Sets the deadline that held, from the start of the call, and who set it. Default: none. */
    public Builder deadline(Duration fromStart, String source) {
      this.deadline = Objects.requireNonNull(fromStart, "fromStart");
      this.deadlineSource = Objects.requireNonNull(source, "source");
      return this;
    }

    /** Sets the attempts, in the order of their starts. */
    public Builder attempts(List<AttemptOutcome> made) {
      this.attempts = List.copyOf(made);
      return this;
    }

    /** Sets why there was no further attempt. */
    public Builder endReason(String reason) {
      this.endReason = Objects.requireNonNull(reason, "reason");
      return this;
    }

    /** Sets whether circuit breakers ended the call. Default: no. */
    public Builder rejectedByBreaker(boolean rejected) {
      this.rejectedByBreaker = rejected;
      return this;
    }

    /** Sets the context in which the call was made. Default: the root. */
    public Builder context(Context context) {
      this.context = Objects.requireNonNull(context, "context");
      return this;
    }

    /** Returns the outcome. */
    public CallOutcome build() {
      return new CallOutcome(this);
    }
  }
}
