package io.fairlead.observe;

import io.fairlead.internal.Durations;
import io.fairlead.policy.Code;
import java.time.Duration;
import java.util.Objects;

/** How one attempt of a call ended. */
public abstract class AttemptOutcome {

  /** For the runtime; others start with {@link #builder}. */
  protected AttemptOutcome() {}

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
  public abstract int number();

  /** Returns why it was made. */
  public abstract Kind kind();

  /** Returns where it went, {@code host:port}, or an empty text if it never had an endpoint. */
  public abstract String endpoint();

  /** Returns the endpoint's id in the registry, or an empty text if it has none. */
  public abstract String endpointId();

  /** Returns why that endpoint was chosen, or what the attempt waited for. */
  public abstract String pickReason();

  /** Returns how it ended. */
  public abstract Code code();

  /** Returns what the status said, or an empty text. */
  public abstract String description();

  /** Returns the side that decided the status. */
  public abstract StatusOrigin origin();

  /** Returns how far the request got. */
  public abstract RpcProgress progress();

  /** Returns the time from the start of the call to the start of the attempt. */
  public abstract Duration startedAfter();

  /** Returns how long it waited for an endpoint and its connection, before anything was sent. */
  public abstract Duration waitTime();

  /** Returns how much of that wait was for the first list of endpoints; zero for most attempts. */
  public abstract Duration resolutionDelay();

  /** Returns whether there was no endpoint to pick at first, so that it waited for one. */
  public abstract boolean pickDelayed();

  /** Returns the time from there to the end. */
  public abstract Duration wireTime();

  /** Returns whether it was ended by its own time limit, not by that of the call. */
  public abstract boolean timedOut();

  /** Returns the size of the messages it sent, compressed, without framing and headers. */
  public abstract long sentBytes();

  /** Returns the size of the messages that came back, compressed, without framing and headers. */
  public abstract long receivedBytes();

  /** Says where it went, for people: the address, and the id where it says more. */
  String where() {
    return endpointId().isEmpty() || endpointId().equals(endpoint())
        ? endpoint()
        : endpoint() + " [" + endpointId() + "]";
  }

  /** Returns the time from its start to its end. */
  public abstract Duration totalTime();

  /** Returns one line of text, as in {@code "#2 10.0.0.7:50051 UNAVAILABLE (reset) 12ms"}. */
  @Override
  public final String toString() {
    return line("");
  }

  /** Returns the same, without a description that the reader has just read. */
  String line(String knownDescription) {
    StringBuilder text = new StringBuilder("#").append(number()).append(' ');
    text.append(endpoint().isEmpty() ? "no endpoint" : where()).append(' ').append(code());
    if (timedOut()) {
      text.append(" (per-attempt limit)");
    } else if (!description().isEmpty() && !description().equals(knownDescription)) {
      text.append(" (").append(description()).append(')');
    }
    return text.append(' ').append(Durations.rough(totalTime().toNanos())).toString();
  }

  /** Made by a builder. */
  private static final class Made extends AttemptOutcome {
    /** Closed: nobody writes to it any more. So no call pays for a copy of the values. */
    private final Builder values;

    private Made(Builder values) {
      this.values = values;
    }

    @Override
    public int number() {
      return values.number;
    }

    @Override
    public Kind kind() {
      return values.kind;
    }

    @Override
    public String endpoint() {
      return values.endpoint;
    }

    @Override
    public String endpointId() {
      return values.endpointId;
    }

    @Override
    public String pickReason() {
      return values.pickReason;
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
    public RpcProgress progress() {
      return values.progress;
    }

    @Override
    public Duration startedAfter() {
      return Durations.ofNanos(values.startNanos);
    }

    @Override
    public Duration waitTime() {
      return Duration.ofNanos(values.waitNanos);
    }

    @Override
    public Duration resolutionDelay() {
      return Durations.ofNanos(values.resolutionNanos);
    }

    @Override
    public boolean pickDelayed() {
      return values.pickDelayed;
    }

    @Override
    public Duration wireTime() {
      return Duration.ofNanos(values.wireNanos);
    }

    @Override
    public Duration totalTime() {
      return Duration.ofNanos(values.waitNanos + values.wireNanos);
    }

    @Override
    public boolean timedOut() {
      return values.timedOut;
    }

    @Override
    public long sentBytes() {
      return values.sentBytes;
    }

    @Override
    public long receivedBytes() {
      return values.receivedBytes;
    }
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
