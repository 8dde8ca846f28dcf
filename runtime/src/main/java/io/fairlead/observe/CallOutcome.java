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
public abstract class CallOutcome {

  /** What the cache did for a call. */
  public enum CacheUse {
    /** The method has none. */
    NONE,
    /** The response came from it, and nothing was sent. */
    HIT,
    /** It had none, and a call was made. */
    MISS,
    /** The call waited for an equal one that was under way. */
    JOINED,
    /** It was not asked: the call is for one endpoint, or its caller wants a new response. */
    BYPASSED,
    /**
     * The call failed, and its caller got a response that was kept. The outcome that {@link
     * CallObserver#fallbackServed} receives says so; the one before it says what became of the
     * call.
     */
    STALE
  }

  /** For the runtime; others start with {@link #builder}. */
  protected CallOutcome() {}

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
  public abstract String method();

  /** Returns the target of the channel. */
  public abstract String target();

  /** Returns the policy that held for the call. */
  public abstract ResolvedPolicy policy();

  /** Returns how the call ended for the caller, before any fallback. */
  public abstract Code code();

  /** Returns what the status said, or an empty text. */
  public abstract String description();

  /** Returns the side that decided the status. */
  public abstract StatusOrigin origin();

  /** Returns the time from start to end. */
  public abstract Duration totalTime();

  /**
   * Returns the time from the start until the deadline that held; empty for none, and for a call
   * that ended well.
   */
  public abstract Optional<Duration> deadline();

  /** Returns who set that deadline, as in {@code "call settings"}; an empty text for none. */
  public abstract String deadlineSource();

  /** Returns the attempts; none if the call was refused before the first one. */
  public abstract List<AttemptOutcome> attempts();

  /** Returns why there was no further attempt, or an empty text. */
  public abstract String endReason();

  /** Returns whether circuit breakers ended the call: its method's, or those of all endpoints. */
  public abstract boolean rejectedByBreaker();

  /** Returns what the cache of the method did for the call. */
  public abstract CacheUse cacheUse();

  /** Returns the age of the response that the cache gave; empty for all others. */
  public abstract Optional<Duration> cacheAge();

  /** Returns the gRPC context in which the call was made, with the values of interceptors. */
  public abstract Context context();

  /** Starts another outcome with the values of this one. */
  public final Builder toBuilder() {
    Builder builder =
        new Builder(method(), target(), policy())
            .status(code(), description(), origin())
            .totalTime(totalTime())
            .attempts(attempts())
            .endReason(endReason())
            .rejectedByBreaker(rejectedByBreaker())
            .cacheUse(cacheUse(), cacheAge().orElse(Duration.ZERO))
            .context(context());
    deadline().ifPresent(fromStart -> builder.deadline(fromStart, deadlineSource()));
    return builder;
  }

  /** Returns one line of text. */
  @Override
  public final String toString() {
    return method()
        + " "
        + code()
        + " "
        + Durations.rough(totalTime().toNanos())
        + " "
        + attempts();
  }

  /** Made by a builder. */
  private static final class Made extends CallOutcome {
    /** Closed: nobody writes to it any more. So no call pays for a copy of the values. */
    private final Builder values;

    private Made(Builder values) {
      this.values = values;
    }

    @Override
    public String method() {
      return values.method;
    }

    @Override
    public String target() {
      return values.target;
    }

    @Override
    public ResolvedPolicy policy() {
      return values.policy;
    }

    @Override
    public Code code() {
      return values.code;
    }

    @Override
    public String description() {
      return values.description;
    }

    @Override
    public StatusOrigin origin() {
      return values.origin;
    }

    @Override
    public Duration totalTime() {
      return Duration.ofNanos(values.totalNanos);
    }

    @Override
    public Optional<Duration> deadline() {
      return Optional.ofNullable(values.deadline);
    }

    @Override
    public String deadlineSource() {
      return values.deadlineSource;
    }

    @Override
    public List<AttemptOutcome> attempts() {
      return values.attempts;
    }

    @Override
    public String endReason() {
      return values.endReason;
    }

    @Override
    public boolean rejectedByBreaker() {
      return values.rejectedByBreaker;
    }

    @Override
    public CacheUse cacheUse() {
      return values.cacheUse;
    }

    @Override
    public Optional<Duration> cacheAge() {
      return values.cacheUse == CacheUse.HIT || values.cacheUse == CacheUse.STALE
          ? Optional.of(values.cacheAge)
          : Optional.empty();
    }

    @Override
    public Context context() {
      return values.context;
    }
  }

  /** Collects what one outcome says. Not safe for use by several threads. */
  public static final class Builder {
    private final String method;
    private final String target;
    private final ResolvedPolicy policy;
    private Code code = Code.OK;
    private String description = "";
    private StatusOrigin origin = StatusOrigin.WIRE;
    private long totalNanos;
    private @Nullable Duration deadline;
    private String deadlineSource = "";
    private List<AttemptOutcome> attempts = List.of();
    private String endReason = "";
    private boolean rejectedByBreaker;
    private CacheUse cacheUse = CacheUse.NONE;
    private Duration cacheAge = Duration.ZERO;
    private Context context = Context.ROOT;
    private boolean closed;

    private Builder(String method, String target, ResolvedPolicy policy) {
      this.method = Objects.requireNonNull(method, "method");
      this.target = Objects.requireNonNull(target, "target");
      this.policy = Objects.requireNonNull(policy, "policy");
    }

    /** Sets the status, and the side that decided it. Default: OK, of the other side. */
    public Builder status(Code code, String description, StatusOrigin origin) {
      open().code = Objects.requireNonNull(code, "code");
      this.description = Objects.requireNonNull(description, "description");
      this.origin = Objects.requireNonNull(origin, "origin");
      return this;
    }

    /** Sets the time from start to end. */
    public Builder totalTime(Duration time) {
      open().totalNanos = time.toNanos();
      return this;
    }

    /** Sets the deadline that held, from the start of the call, and who set it. Default: none. */
    public Builder deadline(Duration fromStart, String source) {
      open().deadline = Objects.requireNonNull(fromStart, "fromStart");
      this.deadlineSource = Objects.requireNonNull(source, "source");
      return this;
    }

    /** Sets the attempts, in the order of their starts. */
    public Builder attempts(List<AttemptOutcome> made) {
      open().attempts = List.copyOf(made);
      return this;
    }

    /** Sets why there was no further attempt. */
    public Builder endReason(String reason) {
      open().endReason = Objects.requireNonNull(reason, "reason");
      return this;
    }

    /** Sets whether circuit breakers ended the call. Default: no. */
    public Builder rejectedByBreaker(boolean rejected) {
      open().rejectedByBreaker = rejected;
      return this;
    }

    /** Sets what the cache did, and the age of a response that it gave. Default: there is none. */
    public Builder cacheUse(CacheUse use, Duration age) {
      open().cacheUse = Objects.requireNonNull(use, "use");
      this.cacheAge = Objects.requireNonNull(age, "age");
      return this;
    }

    /** Sets the context in which the call was made. Default: the root. */
    public Builder context(Context context) {
      open().context = Objects.requireNonNull(context, "context");
      return this;
    }

    /** Returns the outcome; called once, as it keeps the values. */
    public CallOutcome build() {
      open().closed = true;
      return new Made(this);
    }

    private Builder open() {
      if (closed) {
        throw new IllegalStateException("this builder has made its outcome; start another one");
      }
      return this;
    }
  }
}
