package io.fairlead.balance.internal;

import io.fairlead.balance.Balancer;
import io.fairlead.balance.EndpointView;
import io.fairlead.balance.Pick;
import io.fairlead.balance.internal.algorithm.EndpointList;
import io.fairlead.balance.internal.algorithm.RoundRobinBalancer;
import io.fairlead.internal.ServiceConfigValues;
import io.fairlead.policy.BalancerSpec;
import io.grpc.Attributes;
import io.grpc.Channel;
import io.grpc.ChannelLogger;
import io.grpc.ConnectivityState;
import io.grpc.ConnectivityStateInfo;
import io.grpc.EquivalentAddressGroup;
import io.grpc.LoadBalancer;
import io.grpc.LoadBalancer.CreateSubchannelArgs;
import io.grpc.LoadBalancer.PickResult;
import io.grpc.LoadBalancer.Subchannel;
import io.grpc.LoadBalancer.SubchannelPicker;
import io.grpc.LoadBalancer.SubchannelStateListener;
import io.grpc.LoadBalancerProvider;
import io.grpc.LoadBalancerRegistry;
import io.grpc.NameResolver.ConfigOrError;
import io.grpc.util.ForwardingLoadBalancerHelper;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One of grpc-java's balancers over the channel's own connections.
 *
 * <p>The stock balancer is given substitutes for subchannels, which report the state of the
 * endpoint behind them. So connections, health and ejection stay ours, and several balancers share
 * them. A stock balancer knows nothing of tried endpoints and breakers; a pick that may not be used
 * is therefore made again, a bounded number of times, and after that any allowed endpoint is taken.
 *
 * <p>The stock balancer runs in the synchronization context, as it expects. Picks come from any
 * thread and read the published picker. {@link BalancerCache} shuts it down.
 */
final class GrpcLoadBalancerAdapter implements Balancer {
  /** In front of a name, asks for grpc-java's where we have one of the same name. */
  static final String PREFIX = "grpc:";

  private static final int PICKS = 5;

  private final String name;
  private final BalancerContext balancerContext;
  private final LoadBalancerProvider provider;
  private final @Nullable Object config;

  /** Finds the endpoint of a subchannel that the stock balancer asks for. */
  private final Map<SocketAddress, String> idByAddress = new HashMap<>();

  private final List<ProxySubchannel> proxySubchannels = new ArrayList<>();
  private @Nullable LoadBalancer delegate;
  private List<EndpointView> listed = List.of();
  private Map<String, EndpointView> usable = Map.of();

  /** What the stock balancer published last, or null while it is not ready. Read by picks. */
  private volatile @Nullable SubchannelPicker picker;

  GrpcLoadBalancerAdapter(BalancerSpec spec, BalancerContext balancerContext) {
    this.name = spec.name();
    this.balancerContext = balancerContext;
    this.provider = provider(name);
    this.config = config(provider, spec);
  }

  /** The provider of a name; null if grpc-java has none. */
  static @Nullable LoadBalancerProvider find(String name) {
    String plain = name.startsWith(PREFIX) ? name.substring(PREFIX.length()) : name;
    LoadBalancerProvider found = LoadBalancerRegistry.getDefaultRegistry().getProvider(plain);
    return found instanceof FairleadLoadBalancerProvider ? null : found;
  }

  static void check(BalancerSpec spec) {
    config(provider(spec.name()), spec);
  }

  private static LoadBalancerProvider provider(String name) {
    LoadBalancerProvider found = find(name);
    if (found == null) {
      throw BalancerCatalog.unknown(name);
    }
    return found;
  }

  private static @Nullable Object config(LoadBalancerProvider provider, BalancerSpec spec) {
    ConfigOrError parsed =
        provider.parseLoadBalancingPolicyConfig(ServiceConfigValues.of(spec.config()));
    if (parsed.getError() != null) {
      throw new IllegalArgumentException(
          spec + " is refused by grpc-java: " + parsed.getError().getDescription());
    }
    return parsed.getConfig();
  }

  @Override
  public Picker picker(Candidates candidates) {
    EndpointView[] views = EndpointList.array(candidates.usable());
    Map<String, EndpointView> byId = new HashMap<>();
    for (EndpointView view : views) {
      byId.put(view.id(), view);
    }
    balancerContext.execute(() -> update(candidates.known(), byId));
    return pick -> pick(views, byId, pick);
  }

  private @Nullable EndpointView pick(
      EndpointView[] views, Map<String, EndpointView> byId, Pick pick) {
    SubchannelPicker current = picker;
    if (current != null && pick instanceof LoadBalancingContext context && context.args() != null) {
      for (int i = 0; i < PICKS; i++) {
        PickResult result = current.pickSubchannel(context.args());
        if (!(result.getSubchannel() instanceof ProxySubchannel proxySubchannel)) {
          break;
        }
        EndpointView view = byId.get(proxySubchannel.id);
        if (view != null && pick.allows(view)) {
          pick.reason("grpc-java's balancer chose, in pick {0} of at most {1}", i + 1, PICKS);
          context.addTracer(result.getStreamTracerFactory());
          return view;
        }
      }
    }
    return RoundRobinBalancer.anyAllowed(
        views, pick, "any, since grpc-java's balancer named none that may take it");
  }

  private void update(List<EndpointView> known, Map<String, EndpointView> nowUsable) {
    usable = nowUsable;
    if (delegate == null) {
      delegate = provider.newLoadBalancer(new Helper());
    }
    if (!known.equals(listed)) {
      listed = known;
      List<EquivalentAddressGroup> groups = new ArrayList<>();
      idByAddress.clear();
      for (EndpointView view : known) {
        EquivalentAddressGroup group = ((EndpointHandle) view).managedEndpoint().addresses();
        group.getAddresses().forEach(address -> idByAddress.put(address, view.id()));
        groups.add(group);
      }
      delegate.acceptResolvedAddresses(
          LoadBalancer.ResolvedAddresses.newBuilder()
              .setAddresses(groups)
              .setLoadBalancingPolicyConfig(config)
              .build());
    }
    List.copyOf(proxySubchannels).forEach(ProxySubchannel::refresh);
  }

  /** In the synchronization context. */
  void shutdown() {
    if (delegate != null) {
      delegate.shutdown();
    }
  }

  @Override
  public String toString() {
    return name + " of grpc-java";
  }

  private final class Helper extends ForwardingLoadBalancerHelper {
    @Override
    protected LoadBalancer.Helper delegate() {
      return balancerContext.helper();
    }

    @Override
    public Subchannel createSubchannel(CreateSubchannelArgs args) {
      return new ProxySubchannel(args);
    }

    @Override
    public void updateBalancingState(ConnectivityState state, SubchannelPicker newPicker) {
      picker = state == ConnectivityState.READY ? newPicker : null;
    }

    @Override
    public void refreshNameResolution() {
      // The channel itself asks when a connection fails.
    }
  }

  /** Reports the state of an endpoint as that of a connection of the stock balancer's own. */
  private final class ProxySubchannel extends Subchannel {
    private final Attributes attributes;
    private List<EquivalentAddressGroup> addresses;
    private String id;
    private @Nullable SubchannelStateListener listener;
    private ConnectivityState state = ConnectivityState.IDLE;

    ProxySubchannel(CreateSubchannelArgs args) {
      attributes = args.getAttributes();
      addresses = args.getAddresses();
      id = idOf(addresses);
    }

    private String idOf(List<EquivalentAddressGroup> groups) {
      return idByAddress.getOrDefault(groups.get(0).getAddresses().get(0), "");
    }

    @Override
    public void start(SubchannelStateListener newListener) {
      listener = newListener;
      proxySubchannels.add(this);
    }

    @Override
    public void requestConnection() {
      balancerContext.execute(
          () -> {
            if (state == ConnectivityState.IDLE) {
              become(ConnectivityState.CONNECTING);
              refresh();
            }
          });
    }

    /** Ready as soon as its endpoint is; idle, to be asked for again, when it is no more. */
    void refresh() {
      boolean up = usable.containsKey(id);
      if (up && state == ConnectivityState.CONNECTING) {
        become(ConnectivityState.READY);
      } else if (!up && state == ConnectivityState.READY) {
        become(ConnectivityState.IDLE);
      }
    }

    private void become(ConnectivityState next) {
      state = next;
      if (listener != null) {
        listener.onSubchannelState(ConnectivityStateInfo.forNonError(next));
      }
    }

    @Override
    public void shutdown() {
      proxySubchannels.remove(this);
      if (listener != null) {
        SubchannelStateListener told = listener;
        listener = null;
        told.onSubchannelState(ConnectivityStateInfo.forNonError(ConnectivityState.SHUTDOWN));
      }
    }

    @Override
    public List<EquivalentAddressGroup> getAllAddresses() {
      return addresses;
    }

    @Override
    public void updateAddresses(List<EquivalentAddressGroup> newAddresses) {
      addresses = newAddresses;
      id = idOf(newAddresses);
      refresh();
    }

    @Override
    public ChannelLogger getChannelLogger() {
      return balancerContext.helper().getChannelLogger();
    }

    /** For streams of the stock balancer's own, such as load reports. */
    @Override
    public Channel asChannel() {
      if (usable.get(id) instanceof EndpointHandle view) {
        return view.managedEndpoint().connections().leastBusy().asChannel();
      }
      throw new IllegalStateException("endpoint " + id + " is not connected now");
    }

    @Override
    public Attributes getAttributes() {
      return attributes;
    }

    @Override
    public String toString() {
      return "ProxySubchannel[" + id + ", " + state + "]";
    }
  }
}
