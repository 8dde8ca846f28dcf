package io.fairlead.experiments;

import io.fairlead.policy.CallMirror;
import io.fairlead.policy.MirrorPolicy;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
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
 * Sends copies of the unary calls of a channel to other channels, and compares the answers: a new
 * version, another region, a rewritten service. Which calls are copied, and where to, the policies
 * of methods say: their {@code mirror} in the contract, by the channel's builder, or live.
 *
 * <pre>{@code
 * Mirror mirror = Mirror.to("canary", channelToVersion2).build();
 * RpcChannel channel = RpcChannel.to(target).mirror(mirror).livePolicies(policies).build();
 * }</pre>
 *
 * <p>A call is copied when its own answer is there, so that its caller neither waits for the copy
 * nor hears of it. Only so many copies are under way; beyond that a call is left out and counted.
 * Methods that are not {@code NO_SIDE_EFFECTS} are copied only if they are named: their effects
 * happen on both sides. Safe for use by several threads.
 */
public final class Mirror implements CallMirror {
  private static final System.Logger LOG = System.getLogger(Mirror.class.getName());

  /** Tells a server that nobody waits for the answer. */
  private static final Metadata.Key<String> MARK =
      Metadata.Key.of("fairlead-mirror", Metadata.ASCII_STRING_MARSHALLER);

  private final Map<String, OtherSide> others;
  private final int maxInFlight;
  private final Duration deadline;
  private final Set<String> methods;
  private final List<Metadata.Key<String>> headers;
  private final BiPredicate<Object, Object> equality;
  private final Consumer<? super Comparison> observer;
  private final DoubleSupplier random;
  private final AtomicInteger inFlight = new AtomicInteger();

  private Mirror(Builder builder) {
    Map<String, OtherSide> named = new TreeMap<>();
    builder.others.forEach((name, channel) -> named.put(name, new OtherSide(name, channel)));
    this.others = Collections.unmodifiableMap(named);
    this.maxInFlight = builder.maxInFlight;
    this.deadline = builder.deadline;
    this.methods = Set.copyOf(builder.methods);
    this.headers = List.copyOf(builder.headers);
    this.equality = builder.equality;
    this.observer = builder.observer;
    this.random = builder.random;
  }

  /**
   * Returns a builder of a mirror that may send copies to this channel, which stays the caller's.
   *
   * @param name by which policies name it, as in {@code "canary"}
   */
  public static Builder to(String name, Channel other) {
    return new Builder().to(name, other);
  }

  /** Where copies go, and what is counted of them by method. */
  private record OtherSide(String name, Channel channel, Map<String, Counter> counters) {
    OtherSide(String name, Channel channel) {
      this(name, channel, new ConcurrentHashMap<>());
    }

    Counter counter(String method) {
      return counters.computeIfAbsent(method, any -> new Counter());
    }
  }

  /**
   * Two answers to one request.
   *
   * @param method its full name
   * @param to where the copy went, by the name in the policy
   * @param request as both sides got it
   * @param status with which the caller's call ended
   * @param response that the caller got; empty for a failure
   * @param mirroredStatus with which the copy ended
   * @param mirroredResponse that the other side gave; empty for a failure
   */
  public record Comparison(
      String method,
      String to,
      Object request,
      Status status,
      Optional<Object> response,
      Status mirroredStatus,
      Optional<Object> mirroredResponse,
      Result result) {}

  /**
   * How often the answers of a method compared in which way.
   *
   * @param skipped calls that would have been copied, and for which too many were under way
   */
  public record Counts(long equal, long different, long failed, long skipped) {}

  private static final class Counter {
    final LongAdder equal = new LongAdder();
    final LongAdder different = new LongAdder();
    final LongAdder failed = new LongAdder();
    final LongAdder skipped = new LongAdder();

    void add(Result result) {
      switch (result) {
        case EQUAL -> equal.increment();
        case DIFFERENT -> different.increment();
        case FAILED -> failed.increment();
        case SKIPPED -> skipped.increment();
      }
    }
  }

  /**
   * Returns the counts of each method of which calls were copied to the channel of this name, by
   * full name.
   *
   * @throws IllegalArgumentException if this mirror has no such name
   */
  public Map<String, Counts> counts(String to) {
    Map<String, Counts> counts = new TreeMap<>();
    other(to)
        .counters()
        .forEach(
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

  private OtherSide other(String name) {
    OtherSide known = others.get(name);
    if (known == null) {
      throw new IllegalArgumentException(
          "this mirror knows no \""
              + name
              + "\"; it has "
              + String.join(", ", others.keySet())
              + ", and Mirror.Builder.to(...) adds more");
    }
    return known;
  }

  @Override
  public <Q, R> Copier<Q, R> copier(
      MethodDescriptor<Q, R> method,
      boolean noSideEffects,
      MirrorPolicy policy,
      Consumer<Result> results) {
    OtherSide other = other(policy.to());
    String name = method.getFullMethodName();
    if (!noSideEffects && !methods.contains(name)) {
      throw new IllegalArgumentException(
          "the method is not marked NO_SIDE_EFFECTS, and a copy would have its effects once more;"
              + " mark it with idempotency_level in the contract, or name it by"
              + " Mirror.Builder.methods(...) if that is harmless");
    }
    Tally tally = new Tally(other.counter(name), results);
    double share = policy.percent() / 100;
    return (request, given, status, response) -> {
      if (random.getAsDouble() < share) {
        send(other, method, tally, new Original<>(request, given, status, response));
      }
    };
  }

  /** Counts what became of a copy here, and tells the channel. */
  private record Tally(Counter counter, Consumer<Result> results) {
    void add(Result result) {
      counter.add(result);
      results.accept(result);
    }
  }

  /** A call whose caller has the answer. */
  private record Original<Q, R>(Q request, Metadata headers, Status status, @Nullable R response) {}

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

  /** Makes a copy of a call, if not too many are under way. */
  private <Q, R> void send(
      OtherSide other, MethodDescriptor<Q, R> method, Tally tally, Original<Q, R> original) {
    if (inFlight.incrementAndGet() > maxInFlight) {
      inFlight.decrementAndGet();
      tally.add(Result.SKIPPED);
      return;
    }
    String name = method.getFullMethodName();
    MirroredAnswer<R> answer = new MirroredAnswer<>(this, name, other.name(), tally, original);
    // Without the caller's context, whose deadline and cancellation are not the mirror's.
    Context before = Context.ROOT.attach();
    try {
      Executor direct = Runnable::run;
      ClientCall<Q, R> call =
          other
              .channel()
              .newCall(
                  method,
                  CallOptions.DEFAULT
                      .withDeadlineAfter(deadline.toNanos(), TimeUnit.NANOSECONDS)
                      .withExecutor(direct));
      call.start(answer, copied(original.headers()));
      call.request(2);
      call.sendMessage(original.request());
      call.halfClose();
    } catch (RuntimeException e) {
      if (answer.end()) {
        tally.add(Result.FAILED);
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
    private final String to;
    private final Tally tally;
    private final Original<?, R> original;
    private @Nullable R mirrored;

    /** A call that could not be sent may still be closed by its deadline. */
    private final AtomicBoolean ended = new AtomicBoolean();

    MirroredAnswer(Mirror mirror, String method, String to, Tally tally, Original<?, R> original) {
      this.mirror = mirror;
      this.method = method;
      this.to = to;
      this.tally = tally;
      this.original = original;
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
    Result result;
    try {
      result = result(answer, mirroredStatus);
    } catch (RuntimeException e) {
      LOG.log(Level.WARNING, "the answers of " + answer.method + " cannot be compared", e);
      result = Result.DIFFERENT;
    }
    answer.tally.add(result);
    Original<?, ?> original = answer.original;
    try {
      observer.accept(
          new Comparison(
              answer.method,
              answer.to,
              original.request(),
              original.status(),
              Optional.ofNullable(original.response()),
              mirroredStatus,
              Optional.ofNullable(answer.mirrored),
              result));
    } catch (RuntimeException e) {
      LOG.log(Level.WARNING, "the observer of a mirror failed", e);
    }
  }

  private Result result(MirroredAnswer<?> answer, Status mirroredStatus) {
    Status status = answer.original.status();
    if (status.isOk() && !mirroredStatus.isOk()) {
      return Result.FAILED;
    }
    if (!status.isOk() || !mirroredStatus.isOk()) {
      return status.getCode() == mirroredStatus.getCode() ? Result.EQUAL : Result.DIFFERENT;
    }
    Object response = answer.original.response();
    Object mirrored = answer.mirrored;
    boolean equal =
        response == null ? mirrored == null : mirrored != null && equality.test(response, mirrored);
    return equal ? Result.EQUAL : Result.DIFFERENT;
  }

  @Override
  public String toString() {
    return "Mirror to " + String.join(", ", others.keySet());
  }

  /** Collects what a mirror is to be. Not safe for use by several threads. */
  public static final class Builder {
    private final Map<String, Channel> others = new TreeMap<>();
    private int maxInFlight = 20;
    private Duration deadline = Duration.ofSeconds(5);
    private final List<String> methods = new ArrayList<>();
    private final List<Metadata.Key<String>> headers = new ArrayList<>();
    private BiPredicate<Object, Object> equality = Object::equals;
    private Consumer<? super Comparison> observer = comparison -> {};
    DoubleSupplier random = () -> ThreadLocalRandom.current().nextDouble();

    private Builder() {}

    /**
     * Lets copies go to another channel too, which stays the caller's.
     *
     * @param name by which policies name it
     */
    public Builder to(String name, Channel other) {
      if (name.isBlank()) {
        throw new IllegalArgumentException(
            "the name of the other side is blank; policies name it, as in \"canary\"");
      }
      if (others.putIfAbsent(name, Objects.requireNonNull(other, "other")) != null) {
        throw new IllegalArgumentException(
            "this mirror has a \"" + name + "\" already; give each other side a name of its own");
      }
      return this;
    }

    /** Sets how many copies may be under way; further ones are left out. Default: 20. */
    public Builder maxInFlight(int calls) {
      if (calls < 1) {
        throw new IllegalArgumentException("maxInFlight is " + calls + "; use 1 or more");
      }
      maxInFlight = calls;
      return this;
    }

    /** Sets how long a copy may take. Default: 5s. */
    public Builder deadline(Duration limit) {
      if (limit.isNegative() || limit.isZero()) {
        throw new IllegalArgumentException(
            "deadline is " + limit + "; use a positive duration, such as Duration.ofSeconds(5)");
      }
      deadline = limit;
      return this;
    }

    /**
     * Lets these methods be copied too, though they may have effects. Default: those that are
     * {@code NO_SIDE_EFFECTS}.
     *
     * @param names full method names, as in {@code "shop.v1.Inventory/Reserve"}
     */
    public Builder methods(String... names) {
      methods.addAll(List.of(names));
      return this;
    }

    /**
     * Sends these text headers with copies, with the values that the interceptors of calls have
     * given them. Default: none, as the other side may be another's.
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
