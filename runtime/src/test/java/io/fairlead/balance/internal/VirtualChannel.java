package io.fairlead.balance.internal;

import com.google.common.net.InetAddresses;
import io.fairlead.balance.BalancingOptions;
import io.fairlead.balance.EndpointAddresses;
import io.fairlead.discovery.Address;
import io.fairlead.discovery.Endpoint;
import io.fairlead.internal.resolve.ChannelTarget;
import io.fairlead.internal.resolve.EndpointAttributes;
import io.fairlead.internal.resolve.RegistryNameResolverProvider;
import io.fairlead.policy.BalancerSpec;
import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ChannelLogger;
import io.grpc.ClientStreamTracer;
import io.grpc.ConnectivityState;
import io.grpc.ConnectivityStateInfo;
import io.grpc.EquivalentAddressGroup;
import io.grpc.LoadBalancer;
import io.grpc.LoadBalancer.CreateSubchannelArgs;
import io.grpc.LoadBalancer.PickResult;
import io.grpc.LoadBalancer.Subchannel;
import io.grpc.LoadBalancer.SubchannelPicker;
import io.grpc.LoadBalancer.SubchannelStateListener;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.NameResolver;
import io.grpc.Status;
import io.grpc.SynchronizationContext;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.ScheduledExecutorService;
import org.jspecify.annotations.Nullable;

/** The balancer under a channel without sockets: time, connections and outcomes are the test's. */
final class VirtualChannel {
  private final VirtualTimer timer = new VirtualTimer();
  private final SplittableRandom random;
  private final Map<String, Link> links = new LinkedHashMap<>();
  private BalancingOptions options;
  private final LoadBalancer balancer;
  private ConnectivityState state = ConnectivityState.IDLE;
  private @Nullable SubchannelPicker picker;

  /** What opens streams of the balancer's own over a connection. */
  @Nullable Channel watches;

  int pickersPublished;
  int created;
  int pings;
  boolean repliesToPings = true;
  int closed;

  /** Where the channel goes, and who hears of its connections. */
  final ChannelTarget target = ChannelTarget.open("dns:///names:1", null);

  VirtualChannel(BalancingOptions options, long seed) {
    this.options = options;
    this.random = new SplittableRandom(seed);
    ClockAndRandom clockAndRandom =
        new ClockAndRandom(
            timer::nanoTime, () -> 1_000_000 + timer.nanoTime() / 1_000_000, random::nextLong);
    balancer = new FairleadLoadBalancerProvider(clockAndRandom).newLoadBalancer(new Helper());
  }

  static VirtualChannel of(String balancer, Endpoint... endpoints) {
    return with(BalancingOptions.builder().balancer(BalancerSpec.of(balancer)), endpoints);
  }

  static VirtualChannel with(BalancingOptions.Builder options, Endpoint... endpoints) {
    VirtualChannel channel = new VirtualChannel(options.withoutHealth().build(), 42);
    channel.list(endpoints);
    channel.connectAll();
    return channel;
  }

  static Endpoint[] endpoints(int count) {
    Endpoint[] endpoints = new Endpoint[count];
    for (int i = 0; i < count; i++) {
      endpoints[i] =
          Endpoint.of(String.format("e%04d", i), "10.0." + i / 250 + "." + (i % 250 + 1), 1);
    }
    return endpoints;
  }

  /** What comes with the next list, as from a service config. */
  void reconfigure(BalancingOptions.Builder newOptions) {
    options = newOptions.withoutHealth().build();
  }

  void list(Endpoint... endpoints) {
    List<EquivalentAddressGroup> groups = new ArrayList<>();
    for (Endpoint endpoint : endpoints) {
      Address address = endpoint.addresses().get(0);
      groups.add(
          EndpointAddresses.of(
              endpoint,
              List.of(
                  new InetSocketAddress(InetAddresses.forString(address.host()), address.port()))));
    }
    timer.sync.execute(
        () ->
            balancer.acceptResolvedAddresses(
                LoadBalancer.ResolvedAddresses.newBuilder()
                    .setAddresses(groups)
                    .setAttributes(Attributes.EMPTY)
                    .setLoadBalancingPolicyConfig(options)
                    .build()));
  }

  void connectAll() {
    List.copyOf(links.values()).forEach(link -> link.become(ConnectivityState.READY));
  }

  void connect(String id) {
    link(id).become(ConnectivityState.READY);
  }

  /** The other end says good-bye, e.g. with GOAWAY. */
  void lose(String id) {
    link(id).become(ConnectivityState.IDLE);
  }

  /** How often a connection has been asked for. */
  int connectsRequested(String id) {
    return link(id).requested;
  }

  void fail(String id) {
    link(id).become(ConnectivityState.TRANSIENT_FAILURE);
  }

  /** A ping of keep-alive gets no reply. */
  void missKeepAlive(String id) {
    link(id).probe.noReply(Duration.ofSeconds(4));
  }

  /** The reply comes late. */
  void replyToKeepAlive(String id) {
    link(id).probe.replied();
  }

  boolean isConnected(String id) {
    Link link = links.get(id);
    return link != null && !link.shutDown;
  }

  int links() {
    return (int) links.values().stream().filter(link -> !link.shutDown).count();
  }

  ConnectivityState state() {
    return state;
  }

  void pass(long millis) {
    timer.pass(millis * 1_000_000);
  }

  void shutdown() {
    timer.sync.execute(balancer::shutdown);
  }

  boolean hasTimers() {
    return timer.pending() > 0;
  }

  LoadBalancingContext attempt() {
    return attempt(PickRequest.ANY);
  }

  LoadBalancingContext attempt(PickRequest request) {
    return LoadBalancingContext.first(request);
  }

  SubchannelPicker picker() {
    return Objects.requireNonNull(picker, "the balancer has published none");
  }

  static LoadBalancer.PickSubchannelArgs args(LoadBalancingContext context) {
    return new Args(context, new Metadata());
  }

  PickResult pick(LoadBalancingContext context) {
    return pick(context, new Metadata());
  }

  PickResult pick(LoadBalancingContext context, Metadata headers) {
    return Objects.requireNonNull(picker, "the balancer has published none")
        .pickSubchannel(new Args(context, headers));
  }

  /** Picks and returns the id of the endpoint; the call ends at once with this status. */
  String call(LoadBalancingContext context, Status status) {
    Call call = start(context);
    call.end(status);
    return call.id;
  }

  String call(LoadBalancingContext context) {
    return call(context, Status.OK);
  }

  Call start(LoadBalancingContext context) {
    PickResult result = pick(context);
    if (result.getSubchannel() == null) {
      throw new IllegalStateException("no endpoint: " + context.reason());
    }
    ClientStreamTracer.Factory factory = Objects.requireNonNull(result.getStreamTracerFactory());
    ClientStreamTracer tracer =
        factory.newClientStreamTracer(
            ClientStreamTracer.StreamInfo.newBuilder()
                .setCallOptions(CallOptions.DEFAULT.withOption(LoadBalancingContext.KEY, context))
                .build(),
            new Metadata());
    return new Call(Objects.requireNonNull(context.endpoint()).id(), tracer);
  }

  /** How often each endpoint was picked in so many calls that end at once. */
  Map<String, Integer> spread(int calls) {
    Map<String, Integer> counts = new LinkedHashMap<>();
    for (int i = 0; i < calls; i++) {
      counts.merge(call(attempt()), 1, Integer::sum);
    }
    return counts;
  }

  private Link link(String id) {
    return Objects.requireNonNull(links.get(id), id);
  }

  /** A call under way. */
  record Call(String id, ClientStreamTracer tracer) {
    void end(Status status) {
      tracer.streamClosed(status);
    }
  }

  private static final class Args extends LoadBalancer.PickSubchannelArgs {
    private final CallOptions options;
    private final Metadata headers;

    Args(LoadBalancingContext context, Metadata headers) {
      this.options = CallOptions.DEFAULT.withOption(LoadBalancingContext.KEY, context);
      this.headers = headers;
    }

    @Override
    public CallOptions getCallOptions() {
      return options;
    }

    @Override
    public Metadata getHeaders() {
      return headers;
    }

    @Override
    public MethodDescriptor<?, ?> getMethodDescriptor() {
      return NamedServer.WHO;
    }
  }

  private final class Link extends Subchannel {
    private final List<EquivalentAddressGroup> addresses;
    private @Nullable SubchannelStateListener listener;
    private final LivenessProbe probe;
    private boolean shutDown;
    private int requested;

    Link(List<EquivalentAddressGroup> addresses) {
      this.addresses = addresses;
      probe = Objects.requireNonNull(addresses.get(0).getAttributes().get(LivenessProbe.KEY));
      probe.attach(
          onReply -> {
            pings++;
            if (repliesToPings) {
              onReply.run();
            }
          });
    }

    void become(ConnectivityState next) {
      if (!shutDown && listener != null) {
        SubchannelStateListener told = listener;
        timer.sync.execute(
            () ->
                told.onSubchannelState(
                    next == ConnectivityState.TRANSIENT_FAILURE
                        ? ConnectivityStateInfo.forTransientFailure(
                            Status.UNAVAILABLE.withDescription("refused"))
                        : ConnectivityStateInfo.forNonError(next)));
      }
    }

    @Override
    public void start(SubchannelStateListener newListener) {
      listener = newListener;
    }

    @Override
    public void shutdown() {
      shutDown = true;
      closed++;
    }

    @Override
    public Channel asChannel() {
      return Objects.requireNonNull(watches, "no watches are scripted");
    }

    @Override
    public void requestConnection() {
      requested++;
    }

    @Override
    public List<EquivalentAddressGroup> getAllAddresses() {
      return addresses;
    }

    @Override
    public Attributes getAttributes() {
      return Attributes.EMPTY;
    }
  }

  private final class Helper extends LoadBalancer.Helper {
    @Override
    public Subchannel createSubchannel(CreateSubchannelArgs args) {
      Link link = new Link(args.getAddresses());
      String id = EndpointAttributes.fromGroup(args.getAddresses().get(0)).id();
      links.put(created++ == 0 || !isConnected(id) ? id : id + "#" + created, link);
      return link;
    }

    @Override
    public void updateBalancingState(ConnectivityState newState, SubchannelPicker newPicker) {
      state = newState;
      picker = newPicker;
      pickersPublished++;
    }

    @Override
    public void refreshNameResolution() {}

    @Override
    public SynchronizationContext getSynchronizationContext() {
      return timer.sync;
    }

    @Override
    public ScheduledExecutorService getScheduledExecutorService() {
      return timer;
    }

    @Override
    public ChannelLogger getChannelLogger() {
      return new ChannelLogger() {
        @Override
        public void log(ChannelLogLevel level, String message) {}

        @Override
        public void log(ChannelLogLevel level, String format, Object... args) {}
      };
    }

    @Override
    public NameResolver.Args getNameResolverArgs() {
      return NameResolver.Args.newBuilder()
          .setDefaultPort(1)
          .setProxyDetector(address -> null)
          .setSynchronizationContext(timer.sync)
          .setServiceConfigParser(
              new NameResolver.ServiceConfigParser() {
                @Override
                public NameResolver.ConfigOrError parseServiceConfig(Map<String, ?> raw) {
                  return NameResolver.ConfigOrError.fromConfig(raw);
                }
              })
          .setArg(RegistryNameResolverProvider.TARGET, target)
          .build();
    }

    @Override
    public String getAuthority() {
      return "names";
    }

    @Override
    public ManagedChannel createOobChannel(EquivalentAddressGroup group, String authority) {
      throw new UnsupportedOperationException(Arrays.toString(new Object[] {group, authority}));
    }
  }
}
