package io.fairlead.policy;

import io.fairlead.internal.Arguments;
import io.fairlead.internal.Durations;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A fault that a share of the calls of a method gets on purpose: a delay, a status in place of the
 * handler's response, or both. Only servers that allow faults honour it.
 */
public final class FaultPolicy {
  private static final Duration LONGEST_DELAY = Duration.ofMinutes(5);

  private final double share;
  private final @Nullable Duration delay;
  private final @Nullable Code code;
  private final @Nullable String caller;
  private final @Nullable String header;
  private final @Nullable String headerValue;

  private FaultPolicy(Builder builder) {
    share = builder.share;
    delay = builder.delay;
    code = builder.code;
    caller = builder.caller;
    header = builder.header;
    headerValue = builder.headerValue;
    if (!(share > 0 && share <= 1)) {
      throw new IllegalArgumentException(
          "fault.share is " + share + "; use a share of the calls above 0, up to 1, as in 0.05");
    }
    if (delay == null && code == null) {
      throw new IllegalArgumentException(
          "fault has neither delay nor code, so nothing would happen; state one of them, as in code"
              + " UNAVAILABLE");
    }
    if (delay != null) {
      Arguments.range("fault.delay", delay, Duration.ofMillis(1), LONGEST_DELAY);
    }
    if (code == Code.OK) {
      throw new IllegalArgumentException(
          "fault.code is OK, which is no fault; use another one, or leave it out and state a delay");
    }
    if (caller != null) {
      Arguments.text("fault.caller", caller, "\"checkout\"");
    }
    if ((header == null) != (headerValue == null)) {
      throw new IllegalArgumentException(
          "fault.header and fault.headerValue belong together; state both, or none");
    }
    if (header != null) {
      Arguments.header("fault.header", header);
    }
  }

  /** Returns a builder; a share, and a delay or a code must be given. */
  public static Builder builder() {
    return new Builder();
  }

  /** Returns a builder that starts from these values. */
  public Builder toBuilder() {
    Builder builder = new Builder();
    builder.share = share;
    builder.delay = delay;
    builder.code = code;
    builder.caller = caller;
    builder.header = header;
    builder.headerValue = headerValue;
    return builder;
  }

  /** Returns the share of the calls that get it; above 0, up to 1. */
  public double share() {
    return share;
  }

  /** Returns how long a call waits before its handler, or its status; empty for not at all. */
  public Optional<Duration> delay() {
    return Optional.ofNullable(delay);
  }

  /** Returns the status in place of the handler's response; empty if the handler runs. */
  public Optional<Code> code() {
    return Optional.ofNullable(code);
  }

  /** Returns the only caller whose calls get it; empty for all. */
  public Optional<String> caller() {
    return Optional.ofNullable(caller);
  }

  /** Returns the header without which no call gets it; empty for none. */
  public Optional<String> header() {
    return Optional.ofNullable(header);
  }

  /** Returns the value that the header must have. */
  public Optional<String> headerValue() {
    return Optional.ofNullable(headerValue);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof FaultPolicy that
        && share == that.share
        && Objects.equals(delay, that.delay)
        && code == that.code
        && Objects.equals(caller, that.caller)
        && Objects.equals(header, that.header)
        && Objects.equals(headerValue, that.headerValue);
  }

  @Override
  public int hashCode() {
    return Objects.hash(share, delay, code, caller, header, headerValue);
  }

  @Override
  public String toString() {
    return Percent.text(share * 100)
        + (caller == null ? "" : " of the calls of " + caller)
        + (header == null ? "" : " of those with " + header + ": " + headerValue)
        + (delay == null ? "" : " wait " + Durations.format(delay))
        + (delay != null && code != null ? " and" : "")
        + (code == null ? "" : " get " + code);
  }

  /** Collects values; {@link #build} checks them. Not safe for use by several threads. */
  public static final class Builder {
    private double share;
    private @Nullable Duration delay;
    private @Nullable Code code;
    private @Nullable String caller;
    private @Nullable String header;
    private @Nullable String headerValue;

    private Builder() {}

    /** Sets the share of the calls that get it; above 0, up to 1. Must be given. */
    public Builder share(double value) {
      share = value;
      return this;
    }

    /** Sets how long a call waits; 1ms to 5m. Default: not at all. */
    public Builder delay(Duration value) {
      delay = Objects.requireNonNull(value, "delay");
      return this;
    }

    /** Sets the status in place of the handler's response. Default: the handler runs. */
    public Builder code(Code value) {
      code = Objects.requireNonNull(value, "code");
      return this;
    }

    /** Sets the only caller whose calls get it, as the authorizer names it. Default: all. */
    public Builder caller(String value) {
      caller = Objects.requireNonNull(value, "caller");
      return this;
    }

    /** Sets a text header without which no call gets it. Default: none. */
    public Builder header(String name) {
      header = Objects.requireNonNull(name, "name");
      return this;
    }

    /** Sets the value that the header must have. */
    public Builder headerValue(String value) {
      headerValue = Objects.requireNonNull(value, "value");
      return this;
    }

    /** Returns the checked value. */
    public FaultPolicy build() {
      return new FaultPolicy(this);
    }
  }
}
