package io.fairlead.experiments;

import com.google.protobuf.MessageLite;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.Context;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BiPredicate;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Sends a share of the unary calls of a channel to another channel as well, and compares the
 * answers: a new version, another region, a rewritten service.
 *
 * <pre>{@code
 * Mirror mirror = Mirror.to(canary).share(0.05).build();
 * RpcChannel channel = RpcChannel.to(target).intercept(mirror).build();
 * }</pre>
 *
 * <p>A call is mirrored when its own answer is there, so that its caller neither waits for the
 * mirror nor hears of it. Only so many mirrored calls are under way; beyond that a call is left out
 * and counted. Methods that are not {@code NO_SIDE_EFFECTS} are mirrored only if they are named:
 * their effects happen on both sides. Safe for use by several threads.
 */
public final class Mirror implements ClientInterceptor {
  private static final System.Logger LOG = System.getLogger(Mirror.class.getName());

  /** Tells a server that nobody waits for the answer. */
  private static final Metadata.Key<String> MARK =
      Metadata.Key.of("fairlead-mirror", Metadata.ASCII_STRING_MARSHALLER);

  private final Channel other;
  private final int maxInFlight;
  private final Duration deadline;
  private final Set<String> methods;
  private final List<Metadata.Key<String>> headers;
  private final BiPredicate<Object, Object> equality;
  private final Consumer<? super Comparison> observer;
  private final DoubleSupplier random;
  private final AtomicInteger inFlight = new AtomicInteger();
  private final Map<String, Counter> counters = new ConcurrentHashMap<>();
  private volatile double share;

  private Mirror(Builder builder) {
    this.other = builder.other;
    this.share = builder.share;
    this.maxInFlight = builder.maxInFlight;
    this.deadline = builder.deadline;
    this.methods = Set.copyOf(builder.methods);
    this.headers = List.copyOf(builder.headers);
    this.equality = builder.equality;
    this.observer = builder.observer;
    this.random = builder.random;
  }

  /** Returns a builder of a mirror that sends calls to this channel, which stays the caller's. */
  public static Builder to(Channel other) {
    return new Builder(other);
  }

  /** How the two answers to a call compare. */
  public enum Result {
    /** Both sides gave equal responses, or failed with the same code. */
    EQUAL,
    /** Both sides answered, and not the same. */
    DIFFERENT,
    /** The mirrored call failed, and the caller's did not. */
    FAILED
  }

  /**
   * Two answers to one request.
   *
   * @param method its full name
   * @param request as both sides got it
   * @param status with which the caller's call ended
   * @param response that the caller got; empty for a failure
   * @param mirroredStatus with which the mirrored call ended
   * @param mirroredResponse that the other side gave; empty for a failure
   */
  public record Comparison(
      String method,
      Object request,
      Status status,
      Optional<Object> response,
      Status mirroredStatus,
      Optional<Object> mirroredResponse,
      Result result) {}

  /**
   * How often the answers of a method compared in which way.
   *
   * @param skipped calls that would have been mirrored, and for which too many were under way
   */
  public record Counts(long equal, long different, long failed, long skipped) {}

  private static final class Counter {
    final LongAdder equal = new LongAdder();
    final LongAdder different = new LongAdder();
    final LongAdder failed = new LongAdder();
    final LongAdder skipped = new LongAdder();
  }

  private Counter counter(String method) {
    return counters.computeIfAbsent(method, name -> new Counter());
  }

  /** Returns the counts of each method that was mirrored, by full name. */
  public Map<String, Counts> counts() {
    Map<String, Counts> counts = new TreeMap<>();
    counters.forEach(
        (method, each) ->
            counts.put(
                method,
                new Counts(
                    each.equal.sum(),
                    each.different.sum(),
                    each.failed.sum(),
                    each.skipped.sum())));
    return counts;
  }

  /** Changes the share of the calls that are mirrored, from 0 for none to 1 for all. */
  public void share(double value) {
    share = checkShare(value);
  }

  private static double checkShare(double value) {
    if (!(value >= 0 && value <= 1)) {
      throw new IllegalArgumentException(
          "share is " + value + "; use a share of the calls from 0 to 1, as in 0.05");
    }
    return value;
  }

  @Override
  public <Q, R> ClientCall<Q, R> interceptCall(
      MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
    ClientCall<Q, R> call = next.newCall(method, options);
    return isMirrored(method) && random.getAsDouble() < share
        ? new Original<>(call, this, method)
        : call;
  }

  private boolean isMirrored(MethodDescriptor<?, ?> method) {
    return method.getType() == MethodType.UNARY
        && (method.isSafe() || methods.contains(method.getFullMethodName()));
  }

  /** The caller's call, whose request and answer are kept until it has ended. */
  private static final class Original<Q, R> extends SimpleForwardingClientCall<Q, R> {
    private final Mirror mirror;
    private final MethodDescriptor<Q, R> method;
    private volatile @Nullable Q request;
    private @Nullable Metadata sent;

    Original(ClientCall<Q, R> call, Mirror mirror, MethodDescriptor<Q, R> method) {
      super(call);
      this.mirror = mirror;
      this.method = method;
    }

    @Override
    public void start(Listener<R> listener, Metadata given) {
      sent = mirror.copied(given);
      super.start(new Answer<>(listener, this), given);
    }

    @Override
    public void sendMessage(Q message) {
      request = message;
      super.sendMessage(message);
    }

    void ended(Status status, @Nullable R response) {
      Q asked = request;
      Metadata copied = sent;
      // Of a call that its caller gave up there is no answer to compare with.
      if (asked instanceof MessageLite
          && copied != null
          && status.getCode() != Status.Code.CANCELLED) {
        mirror.send(method, asked, copied, status, response);
      }
    }
  }

  private static final class Answer<R> extends SimpleForwardingClientCallListener<R> {
    private final Original<?, R> call;
    private @Nullable R response;

    Answer(ClientCall.Listener<R> listener, Original<?, R> call) {
      super(listener);
      this.call = call;
    }

    @Override
    public void onMessage(R message) {
      response = message;
      super.onMessage(message);
    }

    /** The caller hears first. */
    @Override
    public void onClose(Status status, Metadata trailers) {
      try {
        super.onClose(status, trailers);
      } finally {
        call.ended(status, response);
      }
    }
  }

  private Metadata copied(Metadata given) {
    Metadata copied = new Metadata();
    copied.put(MARK, "1");
    for (Metadata.Key<String> header : headers) {
      Iterable<String> values = given.getAll(header);
      if (values != null) {
        values.forEach(value -> copied.put(header, value));
      }
    }
    return copied;
  }

  /** Makes the mirrored call, if not too many are under way. */
  private <Q, R> void send(
      MethodDescriptor<Q, R> method,
      Q request,
      Metadata copied,
      Status status,
      @Nullable R response) {
    String name = method.getFullMethodName();
    if (inFlight.incrementAndGet() > maxInFlight) {
      inFlight.decrementAndGet();
      counter(name).skipped.increment();
      return;
    }
    MirroredAnswer<R> answer = new MirroredAnswer<>(this, name, request, status, response);
    // Without the caller's context, whose deadline and cancellation are not the mirror's.
    Context before = Context.ROOT.attach();
    try {
      Executor direct = Runnable::run;
      ClientCall<Q, R> call =
          other.newCall(
              method,
              CallOptions.DEFAULT
                  .withDeadlineAfter(deadline.toNanos(), TimeUnit.NANOSECONDS)
                  .withExecutor(direct));
      call.start(answer, copied);
      call.request(2);
      call.sendMessage(request);
      call.halfClose();
    } catch (RuntimeException e) {
      if (answer.end()) {
        counter(name).failed.increment();
      }
      LOG.log(Level.WARNING, "a call of " + name + " cannot be mirrored", e);
    } finally {
      Context.ROOT.detach(before);
    }
  }

  /** Waits for the other side's answer, and compares. */
  private static final class MirroredAnswer<R> extends ClientCall.Listener<R> {
    private final Mirror mirror;
    private final String method;
    private final Object request;
    private final Status status;
    private final @Nullable R response;
    private @Nullable R mirrored;

    /** A call that could not be sent may still be closed by its deadline. */
    private final AtomicBoolean ended = new AtomicBoolean();

    MirroredAnswer(
        Mirror mirror, String method, Object request, Status status, @Nullable R response) {
      this.mirror = mirror;
      this.method = method;
      this.request = request;
      this.status = status;
      this.response = response;
    }

    @Override
    public void onMessage(R message) {
      mirrored = message;
    }

    /** Gives its place to another call; returns false if it has done so. */
    boolean end() {
      if (!ended.compareAndSet(false, true)) {
        return false;
      }
      mirror.inFlight.decrementAndGet();
      return true;
    }

    @Override
    public void onClose(Status mirroredStatus, Metadata trailers) {
      if (end()) {
        mirror.compare(this, mirroredStatus);
      }
    }
  }

  private void compare(MirroredAnswer<?> answer, Status mirroredStatus) {
    Counter counter = counter(answer.method);
    Result result;
    try {
      result = result(answer, mirroredStatus);
    } catch (RuntimeException e) {
      LOG.log(Level.WARNING, "the answers of " + answer.method + " cannot be compared", e);
      result = Result.DIFFERENT;
    }
    switch (result) {
      case EQUAL -> counter.equal.increment();
      case DIFFERENT -> counter.different.increment();
      case FAILED -> counter.failed.increment();
    }
    try {
      observer.accept(
          new Comparison(
              answer.method,
              answer.request,
              answer.status,
              Optional.ofNullable(answer.response),
              mirroredStatus,
              Optional.ofNullable(answer.mirrored),
              result));
    } catch (RuntimeException e) {
      LOG.log(Level.WARNING, "the observer of a mirror failed", e);
    }
  }

  private Result result(MirroredAnswer<?> answer, Status mirroredStatus) {
    if (answer.status.isOk() && !mirroredStatus.isOk()) {
      return Result.FAILED;
    }
    if (!answer.status.isOk() || !mirroredStatus.isOk()) {
      return answer.status.getCode() == mirroredStatus.getCode() ? Result.EQUAL : Result.DIFFERENT;
    }
    Object response = answer.response;
    Object mirrored = answer.mirrored;
    boolean equal =
        response == null ? mirrored == null : mirrored != null && equality.test(response, mirrored);
    return equal ? Result.EQUAL : Result.DIFFERENT;
  }

  @Override
  public String toString() {
    return "Mirror to " + other + " of a share of " + share;
  }

  /** Collects what a mirror is to be. Not safe for use by several threads. */
  public static final class Builder {
    private final Channel other;
    private double share = 0.01;
    private int maxInFlight = 20;
    private Duration deadline = Duration.ofSeconds(5);
    private final List<String> methods = new ArrayList<>();
    private final List<Metadata.Key<String>> headers = new ArrayList<>();
    private BiPredicate<Object, Object> equality = Object::equals;
    private Consumer<? super Comparison> observer = comparison -> {};
    DoubleSupplier random = () -> ThreadLocalRandom.current().nextDouble();

    private Builder(Channel other) {
      this.other = Objects.requireNonNull(other, "other");
    }

    /** Sets the share of the calls that are mirrored, from 0 to 1. Default: 0.01. */
    public Builder share(double value) {
      share = checkShare(value);
      return this;
    }

    /** Sets how many mirrored calls may be under way; further ones are left out. Default: 20. */
    public Builder maxInFlight(int calls) {
      if (calls < 1) {
        throw new IllegalArgumentException("maxInFlight is " + calls + "; use 1 or more");
      }
      maxInFlight = calls;
      return this;
    }

    /** Sets how long a mirrored call may take. Default: 5s. */
    public Builder deadline(Duration limit) {
      if (limit.isNegative() || limit.isZero()) {
        throw new IllegalArgumentException(
            "deadline is " + limit + "; use a positive duration, such as Duration.ofSeconds(5)");
      }
      deadline = limit;
      return this;
    }

    /**
     * Mirrors these methods too, though they may have effects. Default: those that are {@code
     * NO_SIDE_EFFECTS}.
     *
     * @param names full method names, as in {@code "shop.v1.Inventory/Reserve"}
     */
    public Builder methods(String... names) {
      methods.addAll(List.of(names));
      return this;
    }

    /**
     * Sends these text headers with mirrored calls, with the values that the call had above this
     * interceptor. Default: none, as the other side may be another's.
     */
    public Builder headers(String... names) {
      for (String name : names) {
        headers.add(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER));
      }
      return this;
    }

    /** Sets when two responses are equal, such as but for a time in them. Default: by value. */
    public Builder equality(BiPredicate<Object, Object> test) {
      equality = Objects.requireNonNull(test, "test");
      return this;
    }

    /** Hears of each comparison, on a thread that must not be blocked. Default: nobody. */
    public Builder observer(Consumer<? super Comparison> hears) {
      observer = Objects.requireNonNull(hears, "hears");
      return this;
    }

    /** Returns the mirror. */
    public Mirror build() {
      return new Mirror(this);
    }
  }
}
