package io.fairlead.observe;

import io.fairlead.internal.Durations;
import io.fairlead.policy.Code;
import io.grpc.Context;
import io.grpc.Metadata;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** How a call ended on the server. Immutable. */
public abstract class ServerCallOutcome {
  /** The method of calls whose method the server does not have: callers choose those names. */
  public static final String OTHER_METHOD = "other";

  /** Nobody writes to it. */
  private static final Metadata NO_HEADERS = new Metadata();

  private static final long NONE = Long.MIN_VALUE;

  /** For the runtime; others start with {@link #builder}. */
  protected ServerCallOutcome() {}

  /** The shape of a call. */
  public enum Kind {
    /** One request, one response. */
    UNARY,
    /** A stream in one direction or in both. */
    STREAM,
    /** Not known: the server does not have the method. */
    UNKNOWN
  }

  /** Where a call ended. */
  public enum Ending {
    /** It was answered with OK. */
    OK,
    /**
     * The handler ended it with another status, or there was no thread free to run the handler.
     * {@link #code()} tells which.
     */
    HANDLER_FAILED,
    /** The caller cancelled it, or its connection was lost. */
    CANCELLED,
    /** Its deadline passed: before it arrived, in the queue, or while it was served. */
    DEADLINE_PASSED,
    /** The authorizer did not let it in. */
    REJECTED_BY_AUTHORIZER,
    /** Admission did not let it in; {@link #rejectionReason()} tells why. */
    REJECTED_BY_ADMISSION,
    /** An interceptor, a rule on messages (size, idle time) or the transport ended it. */
    STOPPED,
    /** The server does not have the method. */
    UNKNOWN_METHOD
  }

  /** Why admission did not let a call in. */
  public enum RejectionReason {
    /** The caller has as many calls in flight as it may. */
    CALLER_LIMIT,
    /** The method has as many calls in flight as it may, by its fixed or its adaptive limit. */
    METHOD_LIMIT,
    /** The server has as many calls in flight as calls of this priority leave it. */
    SERVER_LIMIT,
    /** The queue was full, or it made room for a call of a higher priority. */
    QUEUE_FULL,
    /** It waited in the queue for as long as a call may. */
    QUEUE_TIMEOUT,
    /** When its turn came, its deadline was too near. */
    DEADLINE_TOO_NEAR
  }

  /** What a call got on purpose, as a policy with a {@code fault} says. */
  public enum InjectedFault {
    /** It waited, and then went to its handler. */
    DELAY,
    /** It got a status in place of its handler's response. */
    STATUS,
    /** It waited, and then got a status. */
    DELAY_AND_STATUS
  }

  /**
   * Starts an outcome: OK, with no times and no messages. The runtime makes outcomes; others need
   * this to test an observer.
   */
  public static Builder builder(String method) {
    return new Builder(method);
  }

  /**
   * Returns the full name of the method, such as {@code shop.v1.Inventory/Reserve}, or {@link
   * #OTHER_METHOD}.
   */
  public abstract String method();

  /** Returns the shape of the call. */
  public abstract Kind kind();

  /** Returns where the call ended. */
  public abstract Ending ending();

  /** Returns why admission did not let it in; empty unless admission rejected it. */
  public abstract Optional<RejectionReason> rejectionReason();

  /** Returns the fault that it got on purpose; empty for none. */
  public abstract Optional<InjectedFault> injectedFault();

  /** Returns the status code that the server ended the call with. */
  public abstract Code code();

  /** Returns what the status said, or an empty text. */
  public abstract String description();

  /**
   * Returns the name of the caller that the authorizer let in; empty if no caller was authorized.
   */
  public abstract Optional<String> caller();

  /** Returns how long the call waited in the queue of admission; zero if it did not wait. */
  public abstract Duration queueTime();

  /**
   * Returns the time from when the call was handed to its handler until the end. It includes the
   * wait for the request and for a thread. Empty if the call did not get as far.
   */
  public abstract Optional<Duration> handlerTime();

  /** Returns the time from the arrival of the call's headers until its end. */
  public abstract Duration totalTime();

  /** Returns how many request messages came. */
  public abstract long requestMessages();

  /** Returns the size of the request messages as they came, compressed if they were. */
  public abstract long requestBytes();

  /** Returns how many response messages were sent. */
  public abstract long responseMessages();

  /** Returns the size of the response messages as they were sent, compressed if they were. */
  public abstract long responseBytes();

  /** Returns the time that the caller gave the call, from its arrival; empty for no deadline. */
  public abstract Optional<Duration> deadline();

  /** Returns the caller's address, if the transport knows one and the server has the method. */
  public abstract Optional<SocketAddress> peer();

  /** Returns the last value of a text header of the request. */
  public final Optional<String> header(String name) {
    return Optional.ofNullable(
        headers().get(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER)));
  }

  /** Returns the headers of the request, which are not to be changed. */
  protected abstract Metadata headers();

  /**
   * Returns the gRPC context of the call, with what {@link ServerCallObserver#callContext} added.
   */
  public abstract Context context();

  /** Returns one line of text. */
  @Override
  public final String toString() {
    StringBuilder text = new StringBuilder(method()).append(' ').append(code());
    if (!description().isEmpty()) {
      text.append(" (").append(description()).append(')');
    }
    text.append(' ').append(ending());
    rejectionReason().ifPresent(reason -> text.append(' ').append(reason));
    text.append(' ').append(Durations.rough(totalTime().toNanos()));
    injectedFault().ifPresent(fault -> text.append(", injected ").append(fault));
    if (!queueTime().isZero()) {
      text.append(", queued ").append(Durations.rough(queueTime().toNanos()));
    }
    return text.toString();
  }

  /** Made by a builder. */
  private static final class Made extends ServerCallOutcome {
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
    public Kind kind() {
      return values.kind;
    }

    @Override
    public Ending ending() {
      return values.ending;
    }

    @Override
    public Optional<RejectionReason> rejectionReason() {
      return Optional.ofNullable(values.rejectionReason);
    }

    @Override
    public Optional<InjectedFault> injectedFault() {
      return Optional.ofNullable(values.injectedFault);
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
    public Optional<String> caller() {
      return Optional.ofNullable(values.caller);
    }

    @Override
    public Duration queueTime() {
      return Durations.ofNanos(values.queueNanos);
    }

    @Override
    public Optional<Duration> handlerTime() {
      return time(values.handlerNanos);
    }

    @Override
    public Duration totalTime() {
      return Duration.ofNanos(values.totalNanos);
    }

    @Override
    public long requestMessages() {
      return values.requestMessages;
    }

    @Override
    public long requestBytes() {
      return values.requestBytes;
    }

    @Override
    public long responseMessages() {
      return values.responseMessages;
    }

    @Override
    public long responseBytes() {
      return values.responseBytes;
    }

    @Override
    public Optional<Duration> deadline() {
      return time(values.deadlineNanos);
    }

    @Override
    public Optional<SocketAddress> peer() {
      return Optional.ofNullable(values.peer);
    }

    @Override
    protected Metadata headers() {
      return values.headers;
    }

    @Override
    public Context context() {
      return values.context;
    }

    private static Optional<Duration> time(long nanos) {
      return nanos == NONE ? Optional.empty() : Optional.of(Duration.ofNanos(nanos));
    }
  }

  /** Collects what one outcome says. Not safe for use by several threads. */
  public static final class Builder {
    private final String method;
    private Kind kind = Kind.UNARY;
    private Ending ending = Ending.OK;
    private @Nullable RejectionReason rejectionReason;
    private @Nullable InjectedFault injectedFault;
    private Code code = Code.OK;
    private String description = "";
    private @Nullable String caller;
    private long queueNanos;
    private long handlerNanos = NONE;
    private long totalNanos;
    private long requestMessages;
    private long requestBytes;
    private long responseMessages;
    private long responseBytes;
    private long deadlineNanos = NONE;
    private @Nullable SocketAddress peer;
    private Metadata headers = NO_HEADERS;
    private Context context = Context.ROOT;
    private boolean closed;

    private Builder(String method) {
      this.method = Objects.requireNonNull(method, "method");
    }

    /** Sets the shape of the call. Default: unary. */
    public Builder kind(Kind kind) {
      open().kind = Objects.requireNonNull(kind, "kind");
      return this;
    }

    /** Sets where the call ended. Default: OK. */
    public Builder ending(Ending ending) {
      open().ending = Objects.requireNonNull(ending, "ending");
      return this;
    }

    /** Sets {@link Ending#REJECTED_BY_ADMISSION}, and why. */
    public Builder rejectedByAdmission(RejectionReason reason) {
      open().rejectionReason = Objects.requireNonNull(reason, "reason");
      return ending(Ending.REJECTED_BY_ADMISSION);
    }

    /** Sets the fault that it got on purpose. Default: none. */
    public Builder injectedFault(InjectedFault fault) {
      open().injectedFault = Objects.requireNonNull(fault, "fault");
      return this;
    }

    /** Sets the status. */
    public Builder status(Code code, String description) {
      open().code = Objects.requireNonNull(code, "code");
      this.description = Objects.requireNonNull(description, "description");
      return this;
    }

    /** Sets the name of the caller. */
    public Builder caller(String name) {
      open().caller = Objects.requireNonNull(name, "name");
      return this;
    }

    /** Sets how long the call waited in the queue. */
    public Builder queueTime(Duration time) {
      open().queueNanos = time.toNanos();
      return this;
    }

    /** Sets the time from when the call was handed to its handler until the end. */
    public Builder handlerTime(Duration time) {
      open().handlerNanos = time.toNanos();
      return this;
    }

    /** Sets the time from arrival to end. */
    public Builder totalTime(Duration time) {
      open().totalNanos = time.toNanos();
      return this;
    }

    /** Sets the number and the size of the request messages. */
    public Builder requests(long messages, long bytes) {
      open().requestMessages = messages;
      this.requestBytes = bytes;
      return this;
    }

    /** Sets the number and the size of the response messages. */
    public Builder responses(long messages, long bytes) {
      open().responseMessages = messages;
      this.responseBytes = bytes;
      return this;
    }

    /** Sets the time that the caller gave the call, from its arrival. Default: none. */
    public Builder deadline(Duration fromArrival) {
      open().deadlineNanos = fromArrival.toNanos();
      return this;
    }

    /** Sets the caller's address. */
    public Builder peer(SocketAddress address) {
      open().peer = Objects.requireNonNull(address, "address");
      return this;
    }

    /** Sets the headers of the request, which must not change from here on. */
    public Builder headers(Metadata headers) {
      open().headers = Objects.requireNonNull(headers, "headers");
      return this;
    }

    /** Sets the context of the call. Default: the root. */
    public Builder context(Context context) {
      open().context = Objects.requireNonNull(context, "context");
      return this;
    }

    /** Returns the outcome; called once, as it keeps the values. */
    public ServerCallOutcome build() {
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
