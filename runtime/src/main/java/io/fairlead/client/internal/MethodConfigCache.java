package io.fairlead.client.internal;

import io.fairlead.CallSettings;
import io.fairlead.contract.MethodContract;
import io.fairlead.contract.internal.ContractPolicy;
import io.fairlead.options.LiveBounds;
import io.fairlead.policy.CachePolicy;
import io.fairlead.policy.CallMirror;
import io.fairlead.policy.FailureMode;
import io.fairlead.policy.MethodPolicies;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.policy.MirrorPolicy;
import io.fairlead.policy.PolicyField;
import io.fairlead.policy.PolicySource;
import io.fairlead.policy.ResolvedPolicy;
import io.grpc.MethodDescriptor;
import io.grpc.ServiceDescriptor;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The config of each method, made at its first call and again when a live policy changes.
 *
 * <p>A call finds its config by the identity of its descriptor, which costs less than a look-up by
 * name. All configs under one state of the live policies are in one {@link Snapshot}. A change
 * replaces the snapshot as a whole, after every known method was checked; so calls see either all
 * of the old policies or all of the new.
 *
 * <p>Calls read it from any thread. Changes come from the policy source, on its thread. {@link
 * ClientCallFactory} ends the subscription.
 */
final class MethodConfigCache {
  private static final System.Logger LOG = System.getLogger(MethodConfigCache.class.getName());

  private final MethodPolicies built;
  private final Map<String, Fallback<?, ?>> fallbacks;
  private final LongAdder fallbacksServed;
  private final CallEnvironment environment;
  private final LongSupplier nanoTime;
  private final CircuitBreakers breakers;

  /** Kept over changes of live policies, as long as the settings of the cache are the same. */
  private final ConcurrentHashMap<String, ResponseCache> caches = new ConcurrentHashMap<>();

  private final @Nullable SharedResponses shared;
  private final @Nullable CallMirror mirror;
  private final String target;
  private final CallObservers observers;

  private final Collection<ServiceDescriptor> services;

  /** Whether the first set was taken; it must be valid, later ones may be refused. */
  private volatile boolean subscribed;

  private volatile Snapshot snapshot = new Snapshot(MethodPolicies.empty());

  public MethodConfigCache(
      ChannelConfig channelConfig, CircuitBreakers breakers, CallEnvironment environment) {
    this.built = channelConfig.policies;
    this.fallbacks = Map.copyOf(channelConfig.fallbacks);
    this.fallbacksServed = channelConfig.fallbacksServed;
    this.breakers = breakers;
    this.environment = environment;
    this.nanoTime = channelConfig.nanoTime;
    this.services = List.copyOf(channelConfig.services.values());
    this.mirror = channelConfig.mirror;
    this.target = channelConfig.target;
    this.observers = new CallObservers(channelConfig.observers);
    this.shared =
        channelConfig.responseStore == null
            ? null
            : new SharedResponses(
                channelConfig.responseStore,
                channelConfig.target,
                environment,
                observers,
                channelConfig.wallMillis);
  }

  /** The configs under one state of the live policies. */
  private record Snapshot(
      MethodPolicies livePolicies,
      ConcurrentHashMap<MethodDescriptor<?, ?>, MethodConfig> methodConfigs,
      ConcurrentHashMap<MethodDescriptor<?, ?>, PerCallConfigCache> perCallConfigs) {
    // Descriptors do not define equality, so these maps go by identity, as they should.
    Snapshot(MethodPolicies live) {
      this(live, new ConcurrentHashMap<>(1), new ConcurrentHashMap<>(1));
    }
  }

  /**
   * Makes the configs of the services that the channel was told of.
   *
   * @throws IllegalArgumentException if one of them cannot be honoured
   */
  void check() {
    check(snapshot);
  }

  /**
   * Follows live policies: calls that start after a change have the new ones. A set that cannot be
   * honoured is refused by an exception, so that the source can report it. A later one is logged as
   * well, and the previous one stays active: a mistake of an operator must not stop calls.
   */
  PolicySource.Subscription follow(PolicySource source) {
    return source.subscribe(this::apply);
  }

  /** Takes a new set of live policies, after every method that is known was checked with it. */
  private void apply(MethodPolicies policies) {
    Snapshot next = new Snapshot(policies);
    try {
      check(next);
    } catch (IllegalArgumentException e) {
      if (subscribed) {
        LOG.log(
            Level.ERROR,
            "new live policies are not taken, and those before stay in force: {0}",
            e.getMessage());
      }
      throw e;
    }
    MethodPolicies before = snapshot.livePolicies;
    boolean first = !subscribed;
    subscribed = true;
    snapshot = next;
    if (!first || policies.names().iterator().hasNext()) {
      tell(before, policies);
    }
  }

  /** One line for what changed, and one for each name that no known service has. */
  private void tell(MethodPolicies before, MethodPolicies now) {
    Set<String> names = new TreeSet<>();
    before.names().forEach(names::add);
    now.names().forEach(names::add);
    names.removeIf(name -> before.get(name).equals(now.get(name)));
    if (names.isEmpty()) {
      return;
    }
    List<String> changes = new ArrayList<>();
    for (String name : names) {
      MethodPolicy policy = now.get(name);
      changes.add(name + (policy.isEmpty() ? " has none" : " has " + policy));
    }
    LOG.log(Level.INFO, "live policies changed: " + String.join(", ", changes));
    Map<String, Set<String>> methods = methodsByService();
    for (String name : names) {
      int slash = name.lastIndexOf('/');
      Set<String> known = methods.get(slash < 0 ? name : name.substring(0, slash));
      if (known != null && slash >= 0 && !known.contains(name)) {
        LOG.log(
            Level.WARNING,
            "a live policy is for %s, and that service has no such method; it has %s"
                .formatted(name, String.join(", ", known)));
      } else if (known == null && !name.equals(MethodPolicies.ALL) && !now.get(name).isEmpty()) {
        LOG.log(
            Level.WARNING,
            "a live policy is for "
                + name
                + ", of which this channel knows nothing; it takes effect if such a method is"
                + " called (services known: "
                + (methods.isEmpty() ? "none" : String.join(", ", methods.keySet()))
                + ")");
      }
    }
  }

  /** The methods of the services that the channel was told of. */
  private Map<String, Set<String>> methodsByService() {
    Map<String, Set<String>> known = new TreeMap<>();
    for (ServiceDescriptor service : services) {
      Set<String> all = known.computeIfAbsent(service.getName(), name -> new TreeSet<>());
      service.getMethods().forEach(method -> all.add(method.getFullMethodName()));
    }
    return known;
  }

  private void check(Snapshot next) {
    Set<MethodDescriptor<?, ?>> known = new LinkedHashSet<>();
    for (ServiceDescriptor service : services) {
      known.addAll(service.getMethods());
    }
    known.addAll(snapshot.methodConfigs.keySet());
    for (MethodDescriptor<?, ?> method : known) {
      MethodConfig unused =
          added(method, create(method, MethodPolicy.empty(), next.livePolicies), next);
    }
  }

  /** The config of a call; the settings are those of the call, or null. */
  MethodConfig configFor(MethodDescriptor<?, ?> method, @Nullable CallSettings settings) {
    Snapshot now = snapshot;
    if (settings == null || settings.policy().isEmpty()) {
      return configFor(method, now);
    }
    // Looked up first, as computeIfAbsent may lock.
    PerCallConfigCache perCall = now.perCallConfigs.get(method);
    if (perCall == null) {
      perCall =
          now.perCallConfigs.computeIfAbsent(
              method, key -> new PerCallConfigCache(policy -> createForCall(method, policy, now)));
    }
    return perCall.of(settings.policy());
  }

  private MethodConfig configFor(MethodDescriptor<?, ?> method, Snapshot now) {
    MethodConfig config = now.methodConfigs.get(method);
    return config == null
        ? added(method, createForCall(method, MethodPolicy.empty(), now), now)
        : config;
  }

  private static MethodConfig added(
      MethodDescriptor<?, ?> method, MethodConfig config, Snapshot now) {
    MethodConfig raced = now.methodConfigs.putIfAbsent(method, config);
    return raced == null ? config : raced;
  }

  /**
   * Makes a config at a call. The method may have been unknown when the live policies were taken;
   * what they say of it must not stop calls either.
   */
  private MethodConfig createForCall(
      MethodDescriptor<?, ?> method, MethodPolicy ofCall, Snapshot now) {
    try {
      return create(method, ofCall, now.livePolicies);
    } catch (IllegalArgumentException e) {
      MethodConfig without = create(method, ofCall, MethodPolicies.empty());
      LOG.log(Level.ERROR, "live policies are not used for a method: {0}", e.getMessage());
      return without;
    }
  }

  /** Joins the sources of a method's policy, the strongest first, and checks the result. */
  private MethodConfig create(
      MethodDescriptor<?, ?> method, MethodPolicy ofCall, MethodPolicies live) {
    String name = method.getFullMethodName();
    boolean unary = method.getType() == MethodDescriptor.MethodType.UNARY;
    ContractPolicy schema = ContractPolicy.of(method);
    boolean repeatable = schema.idempotent();
    List<ResolvedPolicy.Statement> statements = new ArrayList<>();
    statements.add(new ResolvedPolicy.Statement(ResolvedPolicy.Origin.CALL, ofCall));
    List<ResolvedPolicy.Statement> ofLive =
        live.statements(ResolvedPolicy.Origin.LIVE, name, unary, repeatable);
    checkBounds(method, ofLive);
    statements.addAll(ofLive);
    statements.add(
        new ResolvedPolicy.Statement(
            ResolvedPolicy.Origin.BUILDER, built.of(name, unary, repeatable)));
    statements.add(new ResolvedPolicy.Statement(ResolvedPolicy.Origin.CONTRACT, schema.policy()));
    ResolvedPolicy policy = ResolvedPolicy.of(statements);
    ClientPolicyValidator.check(method, policy, repeatable, schema.noSideEffects(), mirror != null);
    ResponseCache cache = cache(name, policy.cache().orElse(null));
    return new MethodConfig(
        method,
        policy,
        repeatable,
        MethodContract.of(method),
        breakers.forMethod(name, policy.breaker()),
        breakers.forEndpoints(policy.endpointBreaker()),
        fallbackChain(method, policy, cache),
        cache,
        shared,
        copier(method, policy, schema.noSideEffects()),
        environment);
  }

  /** Each rule by itself: one that is outside of the bounds is wrong, whatever wins over it. */
  private static void checkBounds(
      MethodDescriptor<?, ?> method, List<ResolvedPolicy.Statement> live) {
    // Schemas take long to load, and without a live policy nobody needs them.
    LiveBounds bounds = null;
    for (ResolvedPolicy.Statement statement : live) {
      if (!statement.policy().isEmpty()) {
        bounds = bounds == null ? ContractPolicy.liveBounds(method) : bounds;
        statement.policy().checkBounds(bounds);
      }
    }
  }

  /** Returns who copies the calls of a method; null for nobody. */
  private <Q, R> CallMirror.@Nullable Copier<Q, R> copier(
      MethodDescriptor<Q, R> method, ResolvedPolicy policy, boolean noSideEffects) {
    MirrorPolicy stated = policy.stated().mirror().orElse(null);
    if (stated == null || mirror == null) {
      return null;
    }
    String name = method.getFullMethodName();
    try {
      CallMirror.Copier<Q, R> copier =
          mirror.copier(
              method,
              noSideEffects,
              stated,
              result -> observers.callMirrored(name, target, stated.to(), result));
      return stated.percent() == 0 ? null : copier;
    } catch (IllegalArgumentException e) {
      throw ClientPolicyValidator.refused(
          method, policy, PolicyField.MIRROR, String.valueOf(e.getMessage()));
    }
  }

  private @Nullable ResponseCache cache(String method, @Nullable CachePolicy policy) {
    return policy == null
        ? null
        : caches.compute(
            method,
            (key, old) ->
                old != null && old.policy().equals(policy)
                    ? old
                    : new ResponseCache(policy, nanoTime));
  }

  @SuppressWarnings("unchecked") // registered for this very method, so for its messages
  private @Nullable FallbackChain fallbackChain(
      MethodDescriptor<?, ?> method, ResolvedPolicy policy, @Nullable ResponseCache cache) {
    String name = method.getFullMethodName();
    Fallback<Object, Object> function = (Fallback<Object, Object>) fallbacks.get(name);
    ResponseCache stale = cache != null && cache.policy().staleIfError().isPresent() ? cache : null;
    Object standIn =
        policy.failureMode() == FailureMode.FAILSAFE
            ? ClientPolicyValidator.defaultAnswer(method)
            : null;
    return function == null && stale == null && standIn == null
        ? null
        : new FallbackChain(function, stale, standIn, fallbacksServed);
  }

  /** Returns the policy of each method that was called or checked, by name. */
  Map<String, ResolvedPolicy> policies() {
    Map<String, ResolvedPolicy> policies = new TreeMap<>();
    snapshot.methodConfigs.forEach(
        (method, config) -> policies.put(method.getFullMethodName(), config.policy));
    return policies;
  }

  /** Returns the layers of each method that was called or checked, by name. */
  String describeStacks() {
    Map<String, String> stacks = new TreeMap<>();
    snapshot.methodConfigs.forEach(
        (method, config) -> stacks.put(method.getFullMethodName(), config.stack.describeLayers()));
    return stacks.isEmpty() ? "{no method called yet}" : stacks.toString();
  }

  @Override
  public String toString() {
    return "policies" + built + " under " + snapshot.livePolicies;
  }
}
