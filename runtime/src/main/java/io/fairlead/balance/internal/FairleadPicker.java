package io.fairlead.balance.internal;

import io.fairlead.EndpointSelector;
import io.fairlead.balance.Balancer;
import io.fairlead.balance.EndpointSelectorHeader;
import io.fairlead.balance.EndpointView;
import io.fairlead.internal.Plural;
import io.fairlead.policy.BalancerSpec;
import io.grpc.ClientStreamTracer;
import io.grpc.LoadBalancer.PickResult;
import io.grpc.LoadBalancer.PickSubchannelArgs;
import io.grpc.LoadBalancer.SubchannelPicker;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Chooses an endpoint for an attempt, by the balancer that the call asks for, over one set of
 * states.
 *
 * <p>A pick goes through these steps: an endpoint asked for by name, a broadcast, an endpoint
 * selector, then the balancer. The balancer is asked up to three times, each time less strictly
 * ({@link PickStrictness}), before the call is refused. What was decided and why goes into the
 * {@link LoadBalancingContext} of the attempt.
 *
 * <p>Immutable but for caches. Any thread picks, many at once, and nothing here blocks, except when
 * a spec is asked for that has no picker yet. The pickers of specs in use are made before this one
 * is published, so that calls do not wait for them.
 */
final class FairleadPicker extends SubchannelPicker {
  private static final System.Logger LOG = System.getLogger(FairleadPicker.class.getName());

  private final EndpointStates states;
  private final BalancerSpec defaultSpec;
  private final Optional<String> zone;
  private final Metadata.@Nullable Key<String> keyHeader;
  private final Metadata.@Nullable Key<String> selectorKey;
  private final @Nullable EndpointSelectorHeader selectorHeader;
  private final BalancerCache policies;
  private final BalancerContext balancerContext;
  private final String service;
  private final ZoneAwareCandidates allEndpoints;
  private final Balancer.@Nullable Picker defaultPicker;

  /** Candidates of the selectors that were asked for and have a usable endpoint. */
  private final ConcurrentHashMap<EndpointSelector, ZoneAwareCandidates> candidatesBySelector =
      new ConcurrentHashMap<>();

  FairleadPicker(
      EndpointStates states,
      BalancerCache policies,
      BalancerContext balancerContext,
      Set<BalancerSpec> inUse) {
    this.states = states;
    this.defaultSpec = balancerContext.options().balancer();
    this.zone = balancerContext.options().zone();
    this.keyHeader = textHeader(balancerContext.options().keyHeader().orElse(null));
    this.selectorHeader = balancerContext.options().endpointSelectorHeader().orElse(null);
    this.selectorKey = textHeader(selectorHeader == null ? null : selectorHeader.header());
    this.policies = policies;
    this.balancerContext = balancerContext;
    this.service = balancerContext.helper().getAuthority();
    this.allEndpoints =
        new ZoneAwareCandidates("all", states.usable(), states.known(), zone, policies);
    if (states.usable().isEmpty()) {
      this.defaultPicker = null;
    } else {
      this.defaultPicker = allEndpoints.picker(defaultSpec);
      for (BalancerSpec spec : inUse) {
        Balancer.Picker unused = allEndpoints.picker(spec);
      }
    }
  }

  private static Metadata.@Nullable Key<String> textHeader(@Nullable String name) {
    return name == null ? null : Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
  }

  Set<BalancerSpec> inUse() {
    return allEndpoints.inUse();
  }

  @Override
  public PickResult pickSubchannel(PickSubchannelArgs args) {
    LoadBalancingContext context = args.getCallOptions().getOption(LoadBalancingContext.KEY);
    if (context == null) {
      context = LoadBalancingContext.first(PickRequest.ANY);
    }
    context.beginPick(balancerContext, args);
    if (keyHeader != null || selectorKey != null) {
      readHeaders(context, args.getHeaders());
    }
    PickRequest request = context.request();
    if (request.endpoint() != null) {
      return pickPinned(context, request.endpoint(), args);
    }
    if (request.broadcastListener() != null && !states.known().isEmpty()) {
      EndpointSelector selector = request.endpointSelector();
      List<EndpointView> all = selector == null ? states.known() : allEndpoints(selector);
      if (selector != null && all.isEmpty()) {
        return noMatch(selector, context);
      }
      String first = all.get(0).id();
      // It may be picked for again, when the list is another one.
      context.request(request.withEndpoint(first));
      request.broadcastListener().accept(all);
      return pickPinned(context, first, args);
    }
    if (defaultPicker == null) {
      context.noPick(states.why());
      return states.waiting() ? PickResult.withNoResult() : PickResult.withError(states.status());
    }
    return pickByBalancer(context, defaultPicker, args);
  }

  /** What the call itself does not say, its headers may. */
  private void readHeaders(LoadBalancingContext context, Metadata headers) {
    PickRequest request = context.request();
    if (keyHeader != null && !request.hasKey()) {
      String value = headers.get(keyHeader);
      if (value != null) {
        request = request.withKey(value);
      }
    }
    boolean own = request.endpointSelector() != null && !request.routed();
    if (selectorKey != null && selectorHeader != null && !own) {
      String value = headers.get(selectorKey);
      if (value != null) {
        request = request.withEndpointSelector(selectorHeader.selectorFor(value));
      }
    }
    context.request(request);
  }

  private List<EndpointView> allEndpoints(EndpointSelector selector) {
    List<EndpointView> matching = matching(selector, states.known());
    return matching.isEmpty() && !selector.strict() ? states.known() : matching;
  }

  private static List<EndpointView> matching(EndpointSelector selector, List<EndpointView> views) {
    return views.stream().filter(view -> selector.matches(view.endpoint())).toList();
  }

  /**
   * Says that no endpoint matches a strict selector; the call waits if one that matches is being
   * connected.
   */
  private PickResult noMatch(EndpointSelector selector, LoadBalancingContext context) {
    if (!matching(selector, states.connecting()).isEmpty()) {
      context.noPick("waits for the endpoints with " + selector + " to be connected");
      return PickResult.withNoResult();
    }
    context.noPick(whyNoMatch(selector));
    return PickResult.withError(Status.UNAVAILABLE.withDescription(context.reason()));
  }

  /** Says whether those that match are absent or cannot be reached; ejected ones would be used. */
  private String whyNoMatch(EndpointSelector selector) {
    List<EndpointView> known = matching(selector, states.known());
    if (known.isEmpty()) {
      boolean leaving = !matching(selector, states.reachable()).isEmpty();
      return "no endpoint with "
          + selector
          + (leaving
              ? " takes new calls: those in the list are draining or of weight 0"
              : " is in the list of "
                  + Plural.of(states.known().size(), "endpoint")
                  + " of "
                  + service);
    }
    EndpointHandle example = (EndpointHandle) known.get(0);
    return (known.size() == 1
            ? "the only endpoint with " + selector + " cannot take calls: "
            : "none of the " + known.size() + " endpoints with " + selector + " can take calls: ")
        + example
        + ": "
        + EndpointStates.whyUnreachable(example.managedEndpoint());
  }

  /**
   * Asks the balancer; what it throws fails this call and is logged, and is not thrown into
   * grpc-java.
   */
  private PickResult pickByBalancer(
      LoadBalancingContext context, Balancer.Picker usualPicker, PickSubchannelArgs args) {
    EndpointSelector selector = context.request().endpointSelector();
    BalancerSpec asked = context.request().balancer();
    BalancerSpec spec = asked == null ? defaultSpec : asked;
    try {
      EndpointView chosen;
      if (selector != null) {
        ZoneAwareCandidates candidates = candidatesOf(selector);
        if (candidates == null) {
          return noMatch(selector, context);
        }
        chosen = pickBySelector(context, selector, candidates, spec);
      } else {
        chosen = choose(context, asked == null ? usualPicker : allEndpoints.picker(asked));
      }
      if (chosen != null) {
        if (states.panicking() || selector != null) {
          remarkEjection(context, chosen);
        }
        return result(context, chosen, args);
      }
    } catch (RuntimeException e) {
      LOG.log(Level.ERROR, "Balancer " + spec + " failed to choose an endpoint", e);
      context.noPick("balancer " + spec + " failed: " + e);
      return PickResult.withDrop(Status.INTERNAL.withDescription(context.reason()).withCause(e));
    }
    EndpointView one = states.usable().get(0);
    context.rejectedByBreakers(
        (states.usable().size() == 1
                ? "a circuit breaker rejects the only endpoint that is up, "
                : "circuit breakers reject all "
                    + states.usable().size()
                    + " endpoints that are up, e.g. ")
            + one
            + ": "
            + context.filterReason(one));
    // A drop, not an error: waiting for a connection would not help, all are there.
    return PickResult.withDrop(Status.UNAVAILABLE.withDescription(context.reason()));
  }

  private void remarkEjection(LoadBalancingContext context, EndpointView chosen) {
    if (chosen instanceof EndpointHandle view && view.managedEndpoint().ejection().isEjected()) {
      context.remark(
          "; "
              + view.managedEndpoint().ejection().describe(balancerContext.nanoTime())
              + ", but too few others may take it");
    }
  }

  private @Nullable EndpointView pickBySelector(
      LoadBalancingContext context,
      EndpointSelector selector,
      ZoneAwareCandidates candidates,
      BalancerSpec spec) {
    EndpointView chosen = choose(context, candidates.picker(spec));
    boolean anywhere = candidates == allEndpoints;
    if (chosen == null && !anywhere && !selector.strict()) {
      anywhere = true;
      chosen = choose(context, allEndpoints.picker(spec));
    }
    if (chosen != null && anywhere) {
      context.remark("; none matches the selector");
    }
    return chosen;
  }

  /**
   * Picks the endpoint that the call names, and no other. It need not be usable: a call by name
   * also goes to an endpoint that is ejected or draining.
   */
  private PickResult pickPinned(
      LoadBalancingContext context, String wanted, PickSubchannelArgs args) {
    EndpointView reachable = find(states.reachable(), wanted);
    if (reachable != null) {
      context.reason("asked for by name");
      return result(context, reachable, args);
    }
    EndpointView known = find(states.known(), wanted);
    boolean listed = !states.known().isEmpty();
    if (known == null ? !listed && states.waiting() : states.connecting().contains(known)) {
      context.noPick("waits for endpoint " + wanted + ", asked for by name");
      return PickResult.withNoResult();
    }
    context.noPick(
        "endpoint "
            + wanted
            + ", asked for by name, is "
            + (known == null
                ? "not in the list"
                : "not connected: "
                    + EndpointStates.whyUnreachable(((EndpointHandle) known).managedEndpoint())));
    return PickResult.withError(Status.UNAVAILABLE.withDescription(context.reason()));
  }

  /** Finds an endpoint by its id, and if none has it, by an address. */
  private static @Nullable EndpointView find(List<EndpointView> among, String wanted) {
    for (EndpointView view : among) {
      if (view.id().equals(wanted)) {
        return view;
      }
    }
    for (EndpointView view : among) {
      if (view.endpoint().addresses().stream()
          .anyMatch(address -> address.hostAndPort().equals(wanted))) {
        return view;
      }
    }
    return null;
  }

  private static PickResult result(
      LoadBalancingContext context, EndpointView chosen, PickSubchannelArgs args) {
    if (!(chosen instanceof EndpointHandle view)) {
      throw new IllegalStateException(
          "it returned an endpoint that is not one of the candidates: " + chosen);
    }
    context.choose(view);
    boolean unary = args.getMethodDescriptor().getType() == MethodType.UNARY;
    PickResult result = view.result(unary);
    ClientStreamTracer.Factory extra = context.extraTracer();
    return extra == null ? result : withBothTracers(result, extra);
  }

  private static PickResult withBothTracers(PickResult result, ClientStreamTracer.Factory extra) {
    ClientStreamTracer.Factory ours = result.getStreamTracerFactory();
    return ours == null
        ? result
        : result.copyWithStreamTracerFactory(CompositeStreamTracer.factory(extra, ours));
  }

  /**
   * Asks the balancer, each time less strictly, until it names an endpoint; null if it names none.
   */
  private static @Nullable EndpointView choose(
      LoadBalancingContext context, Balancer.Picker picker) {
    context.strictness(PickStrictness.STRICT);
    EndpointView chosen = picker.pick(context);
    if (chosen == null) {
      context.strictness(PickStrictness.ALLOW_WARMING);
      chosen = picker.pick(context);
    }
    if (chosen == null) {
      context.strictness(PickStrictness.ALLOW_TRIED);
      chosen = picker.pick(context);
    }
    return chosen;
  }

  /** The candidates of a selector; all or null where none that matches is usable. */
  private @Nullable ZoneAwareCandidates candidatesOf(EndpointSelector selector) {
    ZoneAwareCandidates candidates = candidatesBySelector.get(selector);
    if (candidates != null) {
      return candidates;
    }
    List<EndpointView> known = matching(selector, states.known());
    List<EndpointView> usable = usable(selector, known);
    if (usable.isEmpty()) {
      // Not kept: the value may come from outside, and there may be any number of them.
      return selector.strict() ? null : allEndpoints;
    }
    return candidatesBySelector.computeIfAbsent(
        selector,
        wanted -> new ZoneAwareCandidates(wanted.toString(), usable, known, zone, policies));
  }

  /** Those that match and may be used. A strict route panics by itself: no other can help it. */
  private List<EndpointView> usable(EndpointSelector selector, List<EndpointView> known) {
    List<EndpointView> usable = matching(selector, states.usable());
    if (!selector.strict()) {
      return usable;
    }
    List<EndpointView> up =
        matching(selector, states.reachable()).stream()
            .filter(view -> ManagedEndpoint.acceptsNewCalls(view.endpoint()))
            .toList();
    double threshold = balancerContext.options().panicThreshold();
    return usable.size() < up.size()
            && EndpointStates.tooFew(usable.size(), known.size(), threshold)
        ? up
        : usable;
  }

  @Override
  public String toString() {
    return "FairleadPicker["
        + defaultSpec
        + ", usable="
        + states.usable()
        + ", "
        + states.why()
        + "]";
  }
}
