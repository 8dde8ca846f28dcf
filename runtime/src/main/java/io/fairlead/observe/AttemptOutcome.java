package io.fairlead.observe;

import io.fairlead.internal.Durations;
import io.fairlead.policy.Code;
import java.time.Duration;
import java.util.Objects;

/** How one attempt of a call ended. */
public final class AttemptOutcome {

  /** Closed: nobody writes to it any more. So no call pays for a copy of the values. */
  private final Builder values;

  private AttemptOutcome(Builder values) {
    this.values = values;
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

  /**
   * Starts an outcome: OK, with no endpoint and no times. The runtime makes outcomes; others need
   * this to test an observer.
   *
   * @param number the first attempt of a call is 1
   */
  public static Builder builder(int number, Kind kind) {
    return new Builder(number, kind);
  }

  /** Returns its place among the attempts of its call; the first is 1. */
  public int number() {
    return values.number;
  }

  /** Returns why it was made. */
  public Kind kind() {
    return values.kind;
  }

  /** Returns where it went, {@code host:port}, or an empty text if it never had an endpoint. */
  public String endpoint() {
    return values.endpoint;
  }

  /** Returns the endpoint's id in the registry, or an empty text if it has none. */
  public String endpointId() {
    return values.endpointId;
  }

  /** Returns why that endpoint was chosen, or what the attempt waited for. */
  public String pickReason() {
    return values.pickReason;
  }

  /** Returns how it ended. */
  public Code code() {
    return values.code;
  }

  /** Returns what the status said, or an empty text. */
  public String description() {
    return values.description;
  }

  /** Returns the side that decided the status. */
  public StatusOrigin origin() {
    return values.origin;
  }

  /** Returns how far the request got. */
  public RpcProgress progress() {
    return values.progress;
  }

  /** Returns the time from the start of the call to the start of the attempt. */
  public Duration startedAfter() {
    return Durations.ofNanos(values.startNanos);
  }

  /** Returns how long it waited for an endpoint and its connection, before anything was sent. */
  public Duration waitTime() {
    return Duration.ofNanos(values.waitNanos);
  }

  /** Returns how much of that wait was for the first list of endpoints; zero for most attempts. */
  public Duration resolutionDelay() {
    return Durations.ofNanos(values.resolutionNanos);
  }

  /** Returns whether there was no endpoint to pick at first, so that it waited for one. */
  public boolean pickDelayed() {
    return values.pickDelayed;
  }

  /** Returns the time from there to the end. */
  public Duration wireTime() {
    return Duration.ofNanos(values.wireNanos);
  }

  /** Returns whether it was ended by its own time limit, not by that of the call. */
  public boolean timedOut() {
    return values.timedOut;
  }

  /** Returns the size of the messages it sent, compressed, without framing and headers. */
  public long sentBytes() {
    return values.sentBytes;
  }

  /** Returns the size of the messages that came back, compressed, without framing and headers. */
  public long receivedBytes() {
    return values.receivedBytes;
  }

  /** Says where it went, for people: the address, and the id where it says more. */
  String where() {
    return values.endpointId.isEmpty() || values.endpointId.equals(values.endpoint)
        ? values.endpoint
        : values.endpoint + " [" + values.endpointId + "]";
  }

  /** Returns the time from its start to its end. */
  public Duration totalTime() {
    return Duration.ofNanos(totalNanos());
  }

  private long totalNanos() {
    return values.waitNanos + values.wireNanos;
  }

  /** Returns one line of text, as in {@code "#2 10.0.0.7:50051 UNAVAILABLE (reset) 12ms"}. */
  @Override
  public String toString() {
    return line("");
  }

  /** Returns the same, without a description that the reader has just read. */
  String line(String knownDescription) {
    StringBuilder text = new StringBuilder("#").append(values.number).append(' ');
    text.append(values.endpoint.isEmpty() ? "no endpoint" : where())
        .append(' ')
        .append(values.code);
    if (values.timedOut) {
      text.append(" (per-attempt limit)");
    } else if (!values.description.isEmpty() && !values.description.equals(knownDescription)) {
      text.append(" (").append(values.description).append(')');
    }
    return text.append(' ').append(Durations.rough(totalNanos())).toString();
  }

  /** Collects what one outcome says. Not safe for use by several threads. */
  public static final class Builder {
    private final int number;
    private final Kind kind;
    private String endpoint = "";
    private String endpointId = "";
    private String pickReason = "";
    private Code code = Code.OK;
    private String description = "";
    private StatusOrigin origin = StatusOrigin.WIRE;
    private RpcProgress progress = RpcProgress.SENT;
    private long startNanos;
    private long waitNanos;
    private long wireNanos;
    private boolean timedOut;
    private long sentBytes;
    private long receivedBytes;
    private long resolutionNanos;
    private boolean pickDelayed;
    private boolean closed;

    private Builder(int number, Kind kind) {
      this.number = number;
      this.kind = Objects.requireNonNull(kind, "kind");
    }

    /** Sets where it went, and the id of that endpoint in the registry; empty if it has none. */
    public Builder endpoint(String hostAndPort, String id) {
      open().endpoint = Objects.requireNonNull(hostAndPort, "hostAndPort");
      this.endpointId = Objects.requireNonNull(id, "id");
      return this;
    }

    /** Sets why that endpoint was chosen. */
    public Builder pickReason(String reason) {
      open().pickReason = Objects.requireNonNull(reason, "reason");
      return this;
    }

    /** Sets the status, and the side that decided it. Default: OK, of the other side. */
    public Builder status(Code code, String description, StatusOrigin origin) {
      open().code = Objects.requireNonNull(code, "code");
      this.description = Objects.requireNonNull(description, "description");
      this.origin = Objects.requireNonNull(origin, "origin");
      return this;
    }

    /** Sets how far the request got. Default: it was sent. */
    public Builder progress(RpcProgress progress) {
      open().progress = Objects.requireNonNull(progress, "progress");
      return this;
    }

    /** Sets its start from that of the call, its wait for a connection, and the time after that. */
    public Builder times(Duration startedAfter, Duration wait, Duration wire) {
      open().startNanos = startedAfter.toNanos();
      this.waitNanos = wait.toNanos();
      this.wireNanos = wire.toNanos();
      return this;
    }

    /** Sets what it waited for: the first list of endpoints, and one that could be picked. */
    public Builder delays(Duration resolution, boolean pickDelayed) {
      open().resolutionNanos = resolution.toNanos();
      this.pickDelayed = pickDelayed;
      return this;
    }

    /** Sets whether it was ended by its own time limit. Default: no. */
    public Builder timedOut(boolean timedOut) {
      open().timedOut = timedOut;
      return this;
    }

    /** Sets the sizes of its messages, compressed and without framing. Default: 0. */
    public Builder messageBytes(long sent, long received) {
      open().sentBytes = sent;
      this.receivedBytes = received;
      return this;
    }

    /** Returns the outcome; called once, as it keeps the values. */
    public AttemptOutcome build() {
      open().closed = true;
      return new AttemptOutcome(this);
    }

    private Builder open() {
      if (closed) {
        throw new IllegalStateException("this builder has made its outcome; start another one");
      }
      return this;
    }
  }
}
