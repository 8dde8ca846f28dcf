package io.fairlead.client;

import io.fairlead.CallSettings;
import io.fairlead.contract.MethodContract;
import io.fairlead.contract.SchemaPolicy;
import io.fairlead.policy.FailureMode;
import io.fairlead.policy.MethodPolicies;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.policy.PolicyOrigin;
import io.fairlead.policy.PolicySource;
import io.fairlead.policy.ResolvedPolicy;
import io.fairlead.policy.StaleIfErrorPolicy;
import io.grpc.MethodDescriptor;
import io.grpc.ServiceDescriptor;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The plan of each method, made at its first call and again when a live policy changes. A call
 * finds its plan by the identity of its descriptor.
 */
final class PlanBook {
  private static final System.Logger LOG = System.getLogger(PlanBook.class.getName());

  private final MethodPolicies built;
  private final Map<String, Rescue<?, ?>> fallbacks;
  private final LongAdder rescued;
  private final Executor callbacks;
  private final LongSupplier nanoTime;
  private final BreakerBook breakers;
  private final ConcurrentHashMap<String, LastGoodAnswers> lastGoods = new ConcurrentHashMap<>();
  private final Collection<ServiceDescriptor> services;
  private volatile boolean following;
  private volatile Edition edition = new Edition(MethodPolicies.empty());

  PlanBook(ClientSettings settings, BreakerBook breakers, Executor callbacks) {
    this.built = settings.policies;
    this.fallbacks = Map.copyOf(settings.fallbacks);
    this.rescued = settings.rescued;
    this.breakers = breakers;
    this.callbacks = callbacks;
    this.nanoTime = settings.nanoTime;
    this.services = List.copyOf(settings.services.values());
  }

  /** The plans under one state of the live policies. */
  private record Edition(
      MethodPolicies live,
      ConcurrentHashMap<MethodDescriptor<?, ?>, MethodPlan> plans,
      ConcurrentHashMap<MethodDescriptor<?, ?>, CallPlans> ofCalls) {
    // Descriptors do not define equality, so these maps go by identity, as they should.
    Edition(MethodPolicies live) {
      this(live, new ConcurrentHashMap<>(), new ConcurrentHashMap<>());
    }
  }

  /**
   * Makes the plans of the services that the channel was told of.
   *
   * @throws IllegalArgumentException if one of them cannot be honoured
   */
  void check() {
    check(edition);
  }

  /**
   * Follows live policies: calls that start after a change have the new ones. The first set must be
   * one that can be honoured. Of a later one that cannot be, the log tells, and all goes on with
   * the set before it: a slip of an operator's must not stop calls.
   */
  PolicySource.Subscription follow(PolicySource source) {
    return source.subscribe(this::take);
  }

  private void take(MethodPolicies policies) {
    Edition next = new Edition(policies);
    try {
      check(next);
    } catch (IllegalArgumentException e) {
      if (!following) {
        throw e;
      }
      LOG.log(
          Level.ERROR,
          "new live policies are not taken, and those before stay in force: {0}",
          e.getMessage());
      return;
    }
    following = true;
    edition = next;
  }

  private void check(Edition next) {
    Set<MethodDescriptor<?, ?>> known = new LinkedHashSet<>();
    services.forEach(service -> known.addAll(service.getMethods()));
    known.addAll(edition.plans.keySet());
    known.forEach(method -> plan(method, next));
  }

  /** The plan of a call; the settings are those of the call, or null. */
  MethodPlan plan(MethodDescriptor<?, ?> method, @Nullable CallSettings settings) {
    Edition now = edition;
    if (settings == null || settings.policy().isEmpty()) {
      return plan(method, now);
    }
    // Looked up first, as computeIfAbsent may lock.
    CallPlans ofCalls = now.ofCalls.get(method);
    if (ofCalls == null) {
      ofCalls =
          now.ofCalls.computeIfAbsent(
              method, key -> new CallPlans(policy -> make(method, policy, now)));
    }
    return ofCalls.of(settings.policy());
  }

  private MethodPlan plan(MethodDescriptor<?, ?> method, Edition now) {
    MethodPlan plan = now.plans.get(method);
    if (plan == null) {
      plan = make(method, MethodPolicy.empty(), now);
      MethodPlan raced = now.plans.putIfAbsent(method, plan);
      plan = raced == null ? plan : raced;
    }
    return plan;
  }

  private MethodPlan make(MethodDescriptor<?, ?> method, MethodPolicy ofCall, Edition now) {
    String name = method.getFullMethodName();
    boolean unary = method.getType() == MethodDescriptor.MethodType.UNARY;
    SchemaPolicy schema = SchemaPolicy.of(method);
    boolean repeatable = schema.repeatable();
    List<ResolvedPolicy.Statement> statements = new ArrayList<>(4);
    statements.add(new ResolvedPolicy.Statement(PolicyOrigin.CALL, ofCall));
    statements.add(
        new ResolvedPolicy.Statement(PolicyOrigin.LIVE, now.live.of(name, unary, repeatable)));
    statements.add(
        new ResolvedPolicy.Statement(PolicyOrigin.BUILDER, built.of(name, unary, repeatable)));
    statements.add(new ResolvedPolicy.Statement(PolicyOrigin.CONTRACT, schema.policy()));
    ResolvedPolicy policy = ResolvedPolicy.of(statements);
    PolicyChecks.check(method, policy, repeatable);
    return new MethodPlan(
        method,
        policy,
        repeatable,
        MethodContract.of(method),
        breakers.ofMethod(name, policy.breaker()),
        breakers.ofEndpoints(policy.endpointBreaker()),
        rescues(method, policy),
        callbacks);
  }

  @SuppressWarnings("unchecked") // registered for this very method, so for its messages
  private @Nullable Rescues rescues(MethodDescriptor<?, ?> method, ResolvedPolicy policy) {
    String name = method.getFullMethodName();
    Rescue<Object, Object> function = (Rescue<Object, Object>) fallbacks.get(name);
    StaleIfErrorPolicy kept = policy.staleIfError();
    LastGoodAnswers lastGood =
        kept == null
            ? null
            : lastGoods.compute(
                name,
                (key, old) ->
                    old != null && old.policy().equals(kept)
                        ? old
                        : new LastGoodAnswers(kept, nanoTime));
    Object standIn =
        policy.failureMode() == FailureMode.FAILSAFE ? PolicyChecks.defaultAnswer(method) : null;
    return function == null && lastGood == null && standIn == null
        ? null
        : new Rescues(function, lastGood, standIn, rescued);
  }

  @Override
  public String toString() {
    return "policies" + built + " under " + edition.live;
  }
}
