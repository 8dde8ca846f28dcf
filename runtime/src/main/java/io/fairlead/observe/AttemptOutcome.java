package io.fairlead.observe;

import io.fairlead.internal.Durations;
import io.fairlead.policy.Code;
import java.util.Objects;

/**
 * How one attempt of a call ended.
 *
 * @param number the first is 1
 * @param kind why it was made
 * @param endpoint where it went, {@code host:port}, or empty if it never had one
 * @param endpointId its id in the registry, or empty if it has none
 * @param pickReason why that endpoint was chosen, or what the attempt waited for
 * @param code how it ended
 * @param description what the status said, or empty
 * @param origin the side that decided the status
 * @param progress how far the request got
 * @param startedAfterNanos from the start of the call
 * @param waitedNanos for an endpoint and its connection, before anything was sent
 * @param wireNanos from there to the end
 * @param timedOut whether it was ended by its own time limit, not by that of the call
 */
public record AttemptOutcome(
    int number,
    Kind kind,
    String endpoint,
    String endpointId,
    String pickReason,
    Code code,
    String description,
    StatusOrigin origin,
    RpcProgress progress,
    long startedAfterNanos,
    long waitedNanos,
    long wireNanos,
    boolean timedOut) {

  public AttemptOutcome {
    Objects.requireNonNull(kind, "kind");
    Objects.requireNonNull(endpoint, "endpoint");
    Objects.requireNonNull(endpointId, "endpointId");
    Objects.requireNonNull(pickReason, "pickReason");
    Objects.requireNonNull(code, "code");
    Objects.requireNonNull(description, "description");
    Objects.requireNonNull(origin, "origin");
    Objects.requireNonNull(progress, "progress");
  }

  /** Why an attempt was made. */
  public enum Kind {
    /** It is the first of its call. */
    FIRST("the first"),
    /** The one before failed, and the retry policy wanted another. */
    RETRY("retry"),
    /** The one before never left, or was not looked at; no policy is needed for that. */
    RESEND("transparent retry"),
    /** Those before had not answered after the delay of the hedging policy. */
    HEDGE("hedge"),
    /** Another endpoint gets the same call; failure mode BROADCAST. */
    BROADCAST("another endpoint");

    private final String text;

    Kind(String text) {
      this.text = text;
    }

    /** Returns the name as messages show it. */
    @Override
    public String toString() {
      return text;
    }
  }

  /** How far the request of an attempt got. */
  public enum RpcProgress {
    /** No connection took it. */
    NOT_CONNECTED,
    /** A connection took it, and was gone before it was written. */
    NOT_SENT,
    /** The server said that it did not look at it. */
    REFUSED,
    /** It was written; the server may have executed it. */
    SENT
  }

  /** Says where it went, for people: the address, and the id where it says more. */
  String where() {
    return endpointId.isEmpty() || endpointId.equals(endpoint)
        ? endpoint
        : endpoint + " [" + endpointId + "]";
  }

  /** Returns the time from its start to its end. */
  public long totalNanos() {
    return waitedNanos + wireNanos;
  }

  /** Returns one line of text, as in {@code "#2 10.0.0.7:50051 UNAVAILABLE (reset) 12ms"}. */
  @Override
  public String toString() {
    return line("");
  }

  /** Returns the same, without a description that the reader has just read. */
  String line(String knownDescription) {
    StringBuilder text = new StringBuilder("#").append(number).append(' ');
    text.append(endpoint.isEmpty() ? "no endpoint" : where()).append(' ').append(code);
    if (timedOut) {
      text.append(" (per-attempt limit)");
    } else if (!description.isEmpty() && !description.equals(knownDescription)) {
      text.append(" (").append(description).append(')');
    }
    return text.append(' ').append(Durations.rough(totalNanos())).toString();
  }
}
