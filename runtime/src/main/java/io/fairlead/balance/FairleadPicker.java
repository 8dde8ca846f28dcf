package io.fairlead.balance;

import io.grpc.ClientStreamTracer;
import io.grpc.LoadBalancer.PickResult;
import io.grpc.LoadBalancer.PickSubchannelArgs;
import io.grpc.LoadBalancer.SubchannelPicker;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Chooses by the balancer that each call asks for, over one roster. A balancer that was not asked
 * for before gets its picker on first use; the others' are made before this one is published.
 */
final class FairleadPicker extends SubchannelPicker {
  private static final System.Logger LOG = System.getLogger(FairleadPicker.class.getName());

  private final Roster roster;
  private final BalancerSpec ordinary;
  private final String zone;
  private final Metadata.@Nullable Key<String> keyHeader;
  private final Metadata.@Nullable Key<String> routeHeader;
  private final RouteHeader routing;
  private final PolicySet policies;
  private final Shared shared;
  private final Group everyone;
  private final Balancer.@Nullable Picker usual;
  private final ConcurrentHashMap<Route, Group> routes = new ConcurrentHashMap<>();

  FairleadPicker(Roster roster, PolicySet policies, Shared shared, Set<BalancerSpec> inUse) {
    this.roster = roster;
    this.ordinary = shared.options().balancer();
    this.zone = shared.options().zone();
    this.keyHeader = textHeader(shared.options().keyHeader());
    this.routing = shared.options().routeHeader();
    this.routeHeader = textHeader(routing.header());
    this.policies = policies;
    this.shared = shared;
    this.everyone = new Group("all", roster.usable(), roster.known(), zone, policies);
    if (roster.usable().isEmpty()) {
      this.usual = null;
    } else {
      this.usual = everyone.picker(ordinary);
      inUse.forEach(everyone::picker);
    }
  }

  private static Metadata.@Nullable Key<String> textHeader(String name) {
    return name.isEmpty() ? null : Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
  }

  Set<BalancerSpec> inUse() {
    return everyone.inUse();
  }

  @Override
  public PickResult pickSubchannel(PickSubchannelArgs args) {
    Attempt attempt = args.getCallOptions().getOption(Attempt.KEY);
    if (attempt == null) {
      attempt = Attempt.first(null, EndpointGate.OPEN);
    }
    attempt.begin(shared, args);
    if (keyHeader != null || routeHeader != null) {
      readHeaders(attempt, args.getHeaders());
    }
    if (attempt.wantedEndpoint() != null) {
      return given(attempt, attempt.wantedEndpoint(), args);
    }
    if (attempt.everyone() != null && !roster.known().isEmpty()) {
      Route route = attempt.route();
      List<EndpointView> all = route == null ? roster.known() : everyone(route);
      if (route != null && all.isEmpty()) {
        return noneOn(route, attempt);
      }
      attempt.everyone().accept(all);
      return given(attempt, all.get(0).id(), args);
    }
    if (usual == null) {
      attempt.leaveOpen(roster.why());
      return roster.waiting() ? PickResult.withNoResult() : PickResult.withError(roster.status());
    }
    return byBalancer(attempt, usual, args);
  }

  /** What the call itself does not say, its headers may. */
  private void readHeaders(Attempt attempt, Metadata headers) {
    if (keyHeader != null && !attempt.hasKey()) {
      String value = headers.get(keyHeader);
      if (value != null) {
        attempt.withKey(value);
      }
    }
    if (routeHeader != null && attempt.route() == null) {
      String value = headers.get(routeHeader);
      if (value != null) {
        attempt.withRoute(routing.route(value));
      }
    }
  }

  private List<EndpointView> everyone(Route route) {
    List<EndpointView> there = on(route, roster.known());
    return there.isEmpty() && !route.strict() ? roster.known() : there;
  }

  private static List<EndpointView> on(Route route, List<EndpointView> views) {
    return views.stream().filter(view -> route.matches(view.endpoint())).toList();
  }

  private PickResult noneOn(Route route, Attempt attempt) {
    if (!on(route, roster.connecting()).isEmpty()) {
      attempt.leaveOpen("waits for the endpoints with " + route + " to be connected");
      return PickResult.withNoResult();
    }
    attempt.leaveOpen("no endpoint with " + route + " can take calls");
    return PickResult.withError(Status.UNAVAILABLE.withDescription(attempt.reason()));
  }

  private PickResult byBalancer(
      Attempt attempt, Balancer.Picker usualPicker, PickSubchannelArgs args) {
    Route route = attempt.route();
    BalancerSpec asked = attempt.balancer();
    BalancerSpec spec = asked == null ? ordinary : asked;
    try {
      EndpointView chosen;
      if (route != null) {
        Group group = routed(route);
        if (group == null) {
          return noneOn(route, attempt);
        }
        chosen = onRoute(attempt, route, group, spec);
      } else {
        chosen = choose(attempt, asked == null ? usualPicker : everyone.picker(asked));
      }
      if (chosen != null) {
        return result(attempt, chosen, args);
      }
    } catch (RuntimeException e) {
      LOG.log(Level.ERROR, "Balancer " + spec + " failed to choose an endpoint", e);
      attempt.leaveOpen("balancer " + spec + " failed: " + e);
      return PickResult.withDrop(Status.INTERNAL.withDescription(attempt.reason()).withCause(e));
    }
    EndpointView one = roster.usable().get(0);
    attempt.leaveOpen(
        "circuit breakers hold back all "
            + roster.usable().size()
            + " endpoints that are up, e.g. "
            + one
            + ": "
            + attempt.gateSays(one));
    // A drop, not an error: waiting for a connection would not help, all are there.
    return PickResult.withDrop(Status.UNAVAILABLE.withDescription(attempt.reason()));
  }

  private @Nullable EndpointView onRoute(
      Attempt attempt, Route route, Group group, BalancerSpec spec) {
    EndpointView chosen = choose(attempt, group.picker(spec));
    boolean anywhere = group == everyone;
    if (chosen == null && !anywhere && !route.strict()) {
      anywhere = true;
      chosen = choose(attempt, everyone.picker(spec));
    }
    if (chosen != null && anywhere) {
      attempt.remark("; none on the wanted route");
    }
    return chosen;
  }

  private PickResult given(Attempt attempt, String wanted, PickSubchannelArgs args) {
    EndpointView reachable = find(roster.reachable(), wanted);
    if (reachable != null) {
      attempt.because("asked for by name");
      return result(attempt, reachable, args);
    }
    EndpointView known = find(roster.known(), wanted);
    boolean listed = !roster.known().isEmpty();
    if (known == null ? !listed && roster.waiting() : roster.connecting().contains(known)) {
      attempt.leaveOpen("waits for endpoint " + wanted + ", asked for by name");
      return PickResult.withNoResult();
    }
    attempt.leaveOpen(
        "endpoint "
            + wanted
            + ", asked for by name, is "
            + (known == null ? "not in the list" : "not connected"));
    return PickResult.withError(Status.UNAVAILABLE.withDescription(attempt.reason()));
  }

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

  private static PickResult result(Attempt attempt, EndpointView chosen, PickSubchannelArgs args) {
    if (!(chosen instanceof MemberView view)) {
      throw new IllegalStateException(
          "it returned an endpoint that is not one of the candidates: " + chosen);
    }
    attempt.choose(view);
    boolean unary = args.getMethodDescriptor().getType() == MethodType.UNARY;
    PickResult result = view.result(unary);
    ClientStreamTracer.Factory extra = attempt.extraTracer();
    return extra == null ? result : followedByBoth(result, extra);
  }

  private static PickResult followedByBoth(PickResult result, ClientStreamTracer.Factory extra) {
    ClientStreamTracer.Factory ours = result.getStreamTracerFactory();
    return ours == null
        ? result
        : result.copyWithStreamTracerFactory(BothTracers.factory(extra, ours));
  }

  private static @Nullable EndpointView choose(Attempt attempt, Balancer.Picker picker) {
    attempt.rule(PickRule.STRICT);
    EndpointView chosen = picker.pick(attempt);
    if (chosen == null) {
      attempt.rule(PickRule.WARMING_TOO);
      chosen = picker.pick(attempt);
    }
    if (chosen == null) {
      attempt.rule(PickRule.TRIED_TOO);
      chosen = picker.pick(attempt);
    }
    return chosen;
  }

  /** The group of a route; everyone or null where nobody on it is usable. */
  private @Nullable Group routed(Route route) {
    Group group = routes.get(route);
    if (group != null) {
      return group;
    }
    List<EndpointView> usable = on(route, roster.usable());
    if (usable.isEmpty()) {
      // Not kept: the value may come from outside, and there may be any number of them.
      return route.strict() ? null : everyone;
    }
    List<EndpointView> known = on(route, roster.known());
    return routes.computeIfAbsent(
        route, wanted -> new Group(wanted.toString(), usable, known, zone, policies));
  }

  @Override
  public String toString() {
    return "FairleadPicker[" + ordinary + ", usable=" + roster.usable() + ", " + roster.why() + "]";
  }
}
