package io.fairlead.bench.balance;

import io.fairlead.balance.EndpointAddresses;
import io.fairlead.discovery.Endpoint;
import io.grpc.Attributes;
import io.grpc.ChannelLogger;
import io.grpc.ConnectivityState;
import io.grpc.ConnectivityStateInfo;
import io.grpc.EquivalentAddressGroup;
import io.grpc.LoadBalancer;
import io.grpc.LoadBalancer.CreateSubchannelArgs;
import io.grpc.LoadBalancer.ResolvedAddresses;
import io.grpc.LoadBalancer.Subchannel;
import io.grpc.LoadBalancer.SubchannelPicker;
import io.grpc.LoadBalancer.SubchannelStateListener;
import io.grpc.LoadBalancerProvider;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.SynchronizationContext;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A channel's balancer, the real one, over connections that are only said to exist. For one thread.
 */
final class VirtualClient {
  private static final Duration CONNECTING = Duration.ofMillis(1);

  private final SynchronizationContext sync =
      new SynchronizationContext(
          (thread, e) -> {
            throw new IllegalStateException("a task of the balancer failed", e);
          });
  private final ScheduledExecutorService timer;
  private final Predicate<String> accepts;
  private final @Nullable Object config;
  private final LoadBalancer balancer;
  private final Map<SocketAddress, String> ids = new HashMap<>();
  private final Map<String, Set<Link>> links = new HashMap<>();
  private final Set<Link> connecting = new LinkedHashSet<>();
  private @Nullable SubchannelPicker picker;
  private int pickersPublished;

  /**
   * A client without endpoints.
   *
   * @param accepts whether a new connection to the endpoint of an id comes to stand
   */
  VirtualClient(
      LoadBalancerProvider provider,
      @Nullable Object config,
      ScheduledExecutorService timer,
      Predicate<String> accepts) {
    this.timer = timer;
    this.accepts = accepts;
    this.config = config;
    this.balancer = provider.newLoadBalancer(new VirtualHelper());
  }

  /** An endpoint like all the others. */
  static Endpoint endpoint(int number) {
    return Endpoint.of("e" + number, host(number), 50_051);
  }

  private static String host(int number) {
    return "10." + (number >> 16) + "." + (number >> 8 & 255) + "." + (number & 255);
  }

  /** The list as it is now, as the registry would push it. */
  void list(List<Endpoint> endpoints) {
    accept(groups(endpoints));
  }

  /** Endpoints as a name resolver gives them to the balancer. */
  List<EquivalentAddressGroup> groups(List<Endpoint> endpoints) {
    List<EquivalentAddressGroup> groups = new ArrayList<>();
    for (Endpoint endpoint : endpoints) {
      SocketAddress address = address(endpoint);
      ids.put(address, endpoint.id());
      groups.add(EndpointAddresses.of(endpoint, List.of(address)));
    }
    return groups;
  }

  void accept(List<EquivalentAddressGroup> groups) {
    sync.execute(
        () ->
            balancer.acceptResolvedAddresses(
                ResolvedAddresses.newBuilder()
                    .setAddresses(groups)
                    .setAttributes(Attributes.EMPTY)
                    .setLoadBalancingPolicyConfig(config)
                    .build()));
  }

  private static SocketAddress address(Endpoint endpoint) {
    try {
      return new InetSocketAddress(
          InetAddress.getByName(endpoint.addresses().get(0).host()),
          endpoint.addresses().get(0).port());
    } catch (UnknownHostException e) {
      throw new IllegalStateException("an address in digits needs no look-up", e);
    }
  }

  /** The process of an endpoint has ended. */
  void cut(String id) {
    sync.execute(
        () -> List.copyOf(links.getOrDefault(id, Set.of())).forEach(l -> l.say(state("IDLE"))));
  }

  private static ConnectivityStateInfo state(String name) {
    return ConnectivityStateInfo.forNonError(ConnectivityState.valueOf(name));
  }

  /** Lets connections that are being opened come to stand, or fail, at once. */
  void settle() {
    sync.execute(
        () -> {
          List<Link> now = List.copyOf(connecting);
          connecting.clear();
          now.forEach(Link::settle);
        });
  }

  /** Runs a task in the balancer's context when so much time has passed. */
  void later(Duration in, Runnable task) {
    sync.schedule(task, in.toNanos(), TimeUnit.NANOSECONDS, timer);
  }

  /** What the balancer last published. */
  SubchannelPicker picker() {
    if (picker == null) {
      throw new IllegalStateException("the balancer has published no picker");
    }
    return picker;
  }

  int pickersPublished() {
    return pickersPublished;
  }

  void shutdown() {
    sync.execute(balancer::shutdown);
  }

  private final class Link extends Subchannel {
    private List<EquivalentAddressGroup> addresses;
    private final Attributes attributes;
    private final String id;
    private @Nullable SubchannelStateListener listener;

    Link(CreateSubchannelArgs args) {
      addresses = args.getAddresses();
      attributes = args.getAttributes();
      id = ids.getOrDefault(addresses.get(0).getAddresses().get(0), "");
    }

    @Override
    public void start(SubchannelStateListener newListener) {
      listener = newListener;
      links.computeIfAbsent(id, unused -> new HashSet<>()).add(this);
    }

    @Override
    public void requestConnection() {
      if (connecting.isEmpty()) {
        later(CONNECTING, VirtualClient.this::settle);
      }
      connecting.add(this);
    }

    void settle() {
      if (accepts.test(id)) {
        say(state("READY"));
      }
    }

    void say(ConnectivityStateInfo info) {
      if (listener != null) {
        listener.onSubchannelState(info);
      }
    }

    @Override
    public void shutdown() {
      listener = null;
      connecting.remove(this);
      links.getOrDefault(id, new HashSet<>()).remove(this);
    }

    @Override
    public void updateAddresses(List<EquivalentAddressGroup> newAddresses) {
      addresses = newAddresses;
    }

    @Override
    public List<EquivalentAddressGroup> getAllAddresses() {
      return addresses;
    }

    @Override
    public Attributes getAttributes() {
      return attributes;
    }

    @Override
    public ChannelLogger getChannelLogger() {
      return Silent.LOGGER;
    }
  }

  private final class VirtualHelper extends LoadBalancer.Helper {
    @Override
    public Subchannel createSubchannel(CreateSubchannelArgs args) {
      return new Link(args);
    }

    @Override
    public void updateBalancingState(ConnectivityState state, SubchannelPicker newPicker) {
      picker = newPicker;
      pickersPublished++;
    }

    @Override
    public void refreshNameResolution() {}

    @Override
    public SynchronizationContext getSynchronizationContext() {
      return sync;
    }

    @Override
    public ScheduledExecutorService getScheduledExecutorService() {
      return timer;
    }

    @Override
    public ChannelLogger getChannelLogger() {
      return Silent.LOGGER;
    }

    @Override
    public String getChannelTarget() {
      return "virtual:///cluster";
    }

    @Override
    public String getAuthority() {
      return "cluster";
    }

    @Override
    public ManagedChannel createOobChannel(EquivalentAddressGroup group, String authority) {
      throw new UnsupportedOperationException(
          Status.UNIMPLEMENTED.withDescription(authority).toString());
    }
  }

  private static final class Silent extends ChannelLogger {
    static final Silent LOGGER = new Silent();

    @Override
    public void log(ChannelLogLevel level, String message) {}

    @Override
    public void log(ChannelLogLevel level, String format, Object... args) {}
  }
}
