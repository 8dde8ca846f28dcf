package io.fairlead.experiments;

import io.fairlead.observe.ServerCallOutcome.InjectedFault;
import io.fairlead.policy.FaultPolicy;
import io.fairlead.policy.MethodPolicies;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.policy.PolicyField;
import io.fairlead.policy.PolicySource;
import io.fairlead.policy.ResolvedPolicy;
import io.fairlead.policy.ResolvedPolicy.Origin;
import io.fairlead.security.Caller;
import io.fairlead.server.internal.observe.ServerCallRecorder;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Gives calls of a server faults on purpose, as policies with a {@code fault} say: a delay, a
 * status, or both, for a share of the calls. A server that has no injector has no such faults.
 *
 * <pre>{@code
 * FaultInjector faults = FaultInjector.builder().livePolicies(policies).build();
 * RpcServer server = RpcServer.builder("inventory").intercept(faults).service(...).start();
 * }</pre>
 *
 * <p>As an interceptor of the application it knows the caller, and stands above admission: a call
 * that waits here takes no permit. The status of a fault says that it is one. Safe for use by
 * several threads. Close it after the server.
 */
public final class FaultInjector implements ServerInterceptor, AutoCloseable {
  private static final System.Logger LOG = System.getLogger(FaultInjector.class.getName());

  private final MethodPolicies fixed;
  private final ScheduledExecutorService timer;
  private final DoubleSupplier random;
  private final Map<String, LongAdder> counts = new ConcurrentHashMap<>();
  private volatile Snapshot snapshot;
  private final PolicySource.@Nullable Subscription subscription;

  private FaultInjector(Builder builder) {
    this.fixed = builder.fixed;
    this.random = builder.random;
    this.timer = builder.timer == null ? newTimer() : builder.timer;
    this.snapshot = new Snapshot(MethodPolicies.empty(), fixed);
    LOG.log(
        Level.WARNING,
        "this process may give the calls that it serves faults on purpose"
            + (builder.source == null ? "" : ", also as live policies say while it runs")
            + "; leave the FaultInjector out where that is not wanted");
    say(Map.of(), faults(fixed));
    this.subscription = builder.source == null ? null : builder.source.subscribe(this::take);
  }

  private static ScheduledExecutorService newTimer() {
    return Executors.newSingleThreadScheduledExecutor(
        task -> {
          Thread thread = new Thread(task, "fairlead-faults");
          thread.setDaemon(true);
          return thread;
        });
  }

  /** Returns a builder of one that has no faults yet. */
  public static Builder builder() {
    return new Builder();
  }

  /** The faults by method under one state of the policies, each found at its first call. */
  private record Snapshot(
      MethodPolicies live, MethodPolicies fixed, ConcurrentHashMap<String, Active> byMethod) {
    Snapshot(MethodPolicies live, MethodPolicies fixed) {
      this(live, fixed, new ConcurrentHashMap<>());
    }

    Active of(String method) {
      Active known = byMethod.get(method);
      return known != null ? known : byMethod.computeIfAbsent(method, this::find);
    }

    private Active find(String method) {
      // A fault is for every kind of method, so that neither flag matters.
      List<ResolvedPolicy.Statement> statements = new ArrayList<>();
      statements.addAll(live.statements(Origin.LIVE, method, true, true));
      statements.addAll(fixed.statements(Origin.BUILDER, method, true, true));
      ResolvedPolicy policy = ResolvedPolicy.of(statements);
      FaultPolicy fault = policy.stated().fault().orElse(null);
      return fault == null ? Active.NONE : Active.of(fault, policy);
    }
  }

  /**
   * The fault of a method.
   *
   * @param text where it comes from, for whoever gets it
   */
  private record Active(
      @Nullable FaultPolicy fault, String text, Metadata.@Nullable Key<String> header) {
    static final Active NONE = new Active(null, "", null);

    static Active of(FaultPolicy fault, ResolvedPolicy policy) {
      return new Active(
          fault,
          "injected fault (%s%s)"
              .formatted(
                  policy.origin(PolicyField.FAULT),
                  policy.source(PolicyField.FAULT).map(source -> ", " + source).orElse("")),
          fault
              .header()
              .map(name -> Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER))
              .orElse(null));
    }

    boolean isFor(Metadata headers) {
      if (fault == null) {
        return false;
      }
      if (header != null && !fault.headerValue().equals(Optional.ofNullable(headers.get(header)))) {
        return false;
      }
      Caller caller = Caller.current();
      return fault.caller().isEmpty()
          || (caller != null && caller.name().equals(fault.caller().get()));
    }
  }

  private void take(MethodPolicies live) {
    Map<String, FaultPolicy> before = faults(snapshot.live());
    snapshot = new Snapshot(live, fixed);
    say(before, faults(live));
  }

  private static Map<String, FaultPolicy> faults(MethodPolicies policies) {
    Map<String, FaultPolicy> faults = new TreeMap<>();
    for (String name : policies.names()) {
      policies.get(name).fault().ifPresent(fault -> faults.put(name, fault));
    }
    return faults;
  }

  /** A fault that nobody knows of would be taken for a real one. */
  private static void say(Map<String, FaultPolicy> before, Map<String, FaultPolicy> now) {
    if (before.equals(now)) {
      return;
    }
    if (now.isEmpty()) {
      LOG.log(Level.WARNING, "faults are no longer injected; they were " + before);
    } else {
      LOG.log(Level.WARNING, "faults are injected on purpose: " + now);
    }
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    MethodDescriptor<Q, R> method = call.getMethodDescriptor();
    Active active = snapshot.of(method.getFullMethodName());
    FaultPolicy fault = active.fault();
    if (fault == null || !active.isFor(headers) || random.getAsDouble() >= fault.share()) {
      return next.startCall(call, headers);
    }
    Status status =
        fault
            .code()
            .map(code -> Status.fromCodeValue(code.number()).withDescription(active.text()))
            .orElse(null);
    ServerCallRecorder recorder = ServerCallRecorder.current();
    if (recorder != null) {
      recorder.injected(kind(fault));
    }
    ServerCall.Listener<Q> listener;
    if (fault.delay().isPresent()) {
      DelayedCall<Q, R> delayed = new DelayedCall<>(call, headers, next, status);
      delayed.begin(timer, fault.delay().get().toNanos());
      listener = delayed;
    } else {
      call.close(Objects.requireNonNull(status, "a fault has a delay or a code"), new Metadata());
      listener = new ServerCall.Listener<>() {};
    }
    counts.computeIfAbsent(method.getFullMethodName(), name -> new LongAdder()).increment();
    return listener;
  }

  private static InjectedFault kind(FaultPolicy fault) {
    if (fault.delay().isEmpty()) {
      return InjectedFault.STATUS;
    }
    return fault.code().isEmpty() ? InjectedFault.DELAY : InjectedFault.DELAY_AND_STATUS;
  }

  /** Returns how many calls of each method got a fault. */
  public Map<String, Long> injected() {
    Map<String, Long> sums = new TreeMap<>();
    counts.forEach((method, count) -> sums.put(method, count.sum()));
    return sums;
  }

  /** Follows live policies no longer; calls get no faults any more. */
  @Override
  public void close() {
    if (subscription != null) {
      subscription.close();
    }
    snapshot = new Snapshot(MethodPolicies.empty(), MethodPolicies.empty());
    timer.shutdown();
  }

  @Override
  public String toString() {
    return "FaultInjector";
  }

  /** Collects what an injector is to be. Not safe for use by several threads. */
  public static final class Builder {
    private MethodPolicies fixed = MethodPolicies.empty();
    private @Nullable PolicySource source;
    @Nullable ScheduledExecutorService timer;
    DoubleSupplier random = () -> ThreadLocalRandom.current().nextDouble();

    private Builder() {}

    /**
     * Gives calls a fault from the start.
     *
     * @param name a full method name ({@code "shop.v1.Inventory/Reserve"}), a service's name, or
     *     {@code "*"}
     */
    public Builder fault(String name, FaultPolicy fault) {
      fixed = fixed.with(name, MethodPolicy.builder().fault(fault).build());
      return this;
    }

    /** Takes faults from policies that change while the server runs; they win over fixed ones. */
    public Builder livePolicies(PolicySource policies) {
      source = Objects.requireNonNull(policies, "policies");
      return this;
    }

    /** Returns the injector, and says in the log that there is one. */
    public FaultInjector build() {
      return new FaultInjector(this);
    }
  }
}
