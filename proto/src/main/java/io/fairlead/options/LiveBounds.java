package io.fairlead.options;

import com.google.protobuf.Descriptors.MethodDescriptor;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.NullMarked;

/**
 * The values that a contract allows live policies of one method to have. Immutable.
 *
 * <p>The code generator checks the contract's own values by it, and the runtime those of live
 * policies.
 */
@NullMarked // by hand: the rest of this package is generated
public final class LiveBounds {
  /** Everything is allowed. */
  public static final LiveBounds NONE = new LiveBounds("", "", Live.getDefaultInstance());

  private final String method;
  private final String file;
  private final Map<Field, Range> ranges = new EnumMap<>(Field.class);

  private LiveBounds(String method, String file, Live live) {
    this.method = method;
    this.file = file;
    for (Field field : Field.values()) {
      Range range = field.range(live);
      if (!range.equals(Range.EVERYTHING)) {
        ranges.put(field, range);
      }
    }
  }

  /** A field of a policy that can have bounds. */
  public enum Field {
    DEADLINE("deadline", "deadline"),
    IDLE_TIMEOUT("idle_timeout", "idleTimeout"),
    RETRY_ATTEMPTS("retry.attempts", "retry.attempts"),
    RETRY_PER_ATTEMPT("retry.per_attempt", "retry.perAttempt"),
    HEDGING_ATTEMPTS("hedging.attempts", "hedging.attempts"),
    HEDGING_DELAY("hedging.delay", "hedging.delay"),
    MAX_REQUEST_BYTES("max_request_bytes", "maxRequestBytes"),
    MAX_RESPONSE_BYTES("max_response_bytes", "maxResponseBytes");

    private final String contractName;
    private final String policyName;

    Field(String contractName, String policyName) {
      this.contractName = contractName;
      this.policyName = policyName;
    }

    /** Returns the name as contracts have it. */
    public String contractName() {
      return contractName;
    }

    /**
     * Returns the bounds of the field.
     *
     * @throws IllegalArgumentException if one of them is no duration
     */
    public Range range(Live live) {
      return switch (this) {
        case DEADLINE -> Range.of(live.getDeadline());
        case IDLE_TIMEOUT -> Range.of(live.getIdleTimeout());
        case RETRY_ATTEMPTS -> Range.of(live.getRetry().getAttempts());
        case RETRY_PER_ATTEMPT -> Range.of(live.getRetry().getPerAttempt());
        case HEDGING_ATTEMPTS -> Range.of(live.getHedging().getAttempts());
        case HEDGING_DELAY -> Range.of(live.getHedging().getDelay());
        case MAX_REQUEST_BYTES -> Range.of(live.getMaxRequestBytes());
        case MAX_RESPONSE_BYTES -> Range.of(live.getMaxResponseBytes());
      };
    }
  }

  /**
   * Two bounds, durations in nanoseconds.
   *
   * @param text says what is allowed, such as {@code "50ms to 5s"}
   */
  public record Range(long min, long max, String text) {
    static final Range EVERYTHING = new Range(0, Long.MAX_VALUE, "everything");

    private static Range of(TimeBounds bounds) {
      return of(
          bounds.getMin().isEmpty() ? 0 : DurationText.nanos(bounds.getMin()),
          bounds.getMin(),
          bounds.getMax().isEmpty() ? Long.MAX_VALUE : DurationText.nanos(bounds.getMax()),
          bounds.getMax());
    }

    private static Range of(NumberBounds bounds) {
      // Unsigned: what Java cannot count comes out negative, and no value is above it.
      long max = Integer.toUnsignedLong(bounds.getMax());
      long min = Integer.toUnsignedLong(bounds.getMin());
      return of(
          bounds.hasMin() ? min : 0,
          bounds.hasMin() ? Long.toString(min) : "",
          bounds.hasMax() ? max : Long.MAX_VALUE,
          bounds.hasMax() ? Long.toString(max) : "");
    }

    private static Range of(long min, String minText, long max, String maxText) {
      if (minText.isEmpty()) {
        return maxText.isEmpty() ? EVERYTHING : new Range(min, max, "at most " + maxText);
      }
      return new Range(
          min, max, maxText.isEmpty() ? "at least " + minText : minText + " to " + maxText);
    }

    /** Returns whether the value is allowed. */
    public boolean contains(long value) {
      return value >= min && value <= max;
    }
  }

  /**
   * Reads the bounds of a method from its schema.
   *
   * @throws IllegalArgumentException if they cannot be read
   */
  public static LiveBounds of(MethodDescriptor method) {
    Live live =
        EffectivePolicy.of(
                method, !method.isClientStreaming() && !method.isServerStreaming(), false)
            .getLive();
    return live.equals(Live.getDefaultInstance())
        ? NONE
        : new LiveBounds(
            method.getService().getFullName() + "/" + method.getName(),
            method.getFile().getFullName(),
            live);
  }

  /**
   * Checks a value of a live policy.
   *
   * @param value a number, or nanoseconds
   * @param text the value as messages show it
   * @throws IllegalArgumentException if it is not allowed; the message names the method, the field,
   *     the value, the bounds and the contract
   */
  public void check(Field field, long value, String text) {
    Range range = ranges.getOrDefault(field, Range.EVERYTHING);
    if (!range.contains(value)) {
      throw new IllegalArgumentException(
          "%s cannot have the live policy %s %s: its contract %s allows %s (live.%s); keep to that, or change the contract"
              .formatted(method, field.policyName, text, file, range.text(), field.contractName));
    }
  }
}
