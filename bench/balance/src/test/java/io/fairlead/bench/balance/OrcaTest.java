package io.fairlead.bench.balance;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Empty;
import com.google.protobuf.StringValue;
import io.fairlead.balance.BalancingOptions;
import io.fairlead.balance.internal.ClockAndRandom;
import io.fairlead.balance.internal.EndpointFilter;
import io.fairlead.balance.internal.FairleadLoadBalancerProvider;
import io.fairlead.balance.internal.LoadBalancingContext;
import io.fairlead.balance.internal.PickRequest;
import io.fairlead.discovery.Endpoint;
import io.fairlead.discovery.StaticRegistry;
import io.fairlead.internal.resolve.ChannelTarget;
import io.fairlead.policy.BalancerSpec;
import io.grpc.BindableService;
import io.grpc.CallOptions;
import io.grpc.InsecureServerCredentials;
import io.grpc.LoadBalancer;
import io.grpc.LoadBalancerProvider;
import io.grpc.LoadBalancerRegistry;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.NameResolver.ConfigOrError;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.services.CallMetricRecorder;
import io.grpc.services.MetricRecorder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import io.grpc.xds.orca.OrcaMetricReportingServerInterceptor;
import io.grpc.xds.orca.OrcaServiceImpl;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Weights from the load reports that grpc-java's own recorders send, over real sockets. */
@Timeout(120)
class OrcaTest {
  private static final MethodDescriptor<Empty, StringValue> WHO =
      MethodDescriptor.<Empty, StringValue>newBuilder()
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName("test.Names/Who")
          .setRequestMarshaller(ProtoUtils.marshaller(Empty.getDefaultInstance()))
          .setResponseMarshaller(ProtoUtils.marshaller(StringValue.getDefaultInstance()))
          .build();

  private static final int ROUND = 50;

  /** The balancer's own clock: reports are not used for their first ten seconds. */
  private final AtomicLong nanos = new AtomicLong();

  private final LoadBalancerProvider clocked = new Clocked(nanos);
  private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
  private final List<Server> servers = new ArrayList<>();
  private final List<Endpoint> endpoints = new ArrayList<>();

  @BeforeEach
  void setClock() {
    LoadBalancerRegistry.getDefaultRegistry().register(clocked);
  }

  @AfterEach
  void stop() throws InterruptedException {
    LoadBalancerRegistry.getDefaultRegistry().deregister(clocked);
    for (Server server : servers) {
      server.shutdownNow().awaitTermination(30, TimeUnit.SECONDS);
    }
    timer.shutdownNow();
  }

  @Test
  void reportsWithEachCallDecideShares() throws Exception {
    start("light", recorder -> recorder.recordApplicationUtilizationMetric(0.1).recordQpsMetric(9));
    start("heavy", recorder -> recorder.recordCpuUtilizationMetric(0.4).recordQpsMetric(9));
    with(
        BalancingOptions.builder(),
        channel -> {
          awaitShares(channel, 25, 25);
          nanos.addAndGet(TimeUnit.SECONDS.toNanos(11));
          awaitShares(channel, 40, 10);
        });
  }

  @Test
  void reportedErrorsReduceTheWeight() throws Exception {
    // A tenth of its calls fail: to its utilization of 0.1 comes as much again.
    start("light", recorder -> recorder.recordCpuUtilizationMetric(0.1).recordQpsMetric(10));
    start(
        "heavy",
        recorder ->
            recorder.recordCpuUtilizationMetric(0.1).recordQpsMetric(10).recordEpsMetric(3));
    with(
        BalancingOptions.builder(),
        channel -> {
          awaitShares(channel, 25, 25);
          nanos.addAndGet(TimeUnit.SECONDS.toNanos(11));
          awaitShares(channel, 40, 10);
        });
  }

  @Test
  void reportsOutOfBandDecideSharesAndFollowTheLoad() throws Exception {
    MetricRecorder light = recorder(0.1);
    MetricRecorder heavy = recorder(0.4);
    start("light", recorder -> {}, orca(light));
    start("heavy", recorder -> {}, orca(heavy));
    with(
        BalancingOptions.builder().loadReports(Duration.ofMillis(20)),
        channel -> {
          awaitShares(channel, 25, 25);
          nanos.addAndGet(TimeUnit.SECONDS.toNanos(11));
          awaitShares(channel, 40, 10);
          light.setCpuUtilizationMetric(0.4);
          heavy.setCpuUtilizationMetric(0.1);
          awaitShares(channel, 10, 40);
        });
  }

  @Test
  void serversThatDoNotReportGetEqualShares() throws Exception {
    start("light", recorder -> {});
    start("heavy", recorder -> {});
    with(
        BalancingOptions.builder().loadReports(Duration.ofMillis(20)),
        channel -> {
          awaitShares(channel, 25, 25);
          nanos.addAndGet(TimeUnit.SECONDS.toNanos(11));
          awaitShares(channel, 25, 25);
        });
  }

  private static MetricRecorder recorder(double utilization) {
    MetricRecorder recorder = MetricRecorder.newInstance();
    recorder.setCpuUtilizationMetric(utilization);
    recorder.setQpsMetric(10);
    return recorder;
  }

  private BindableService orca(MetricRecorder recorder) {
    return OrcaServiceImpl.createService(timer, recorder, 10, TimeUnit.MILLISECONDS);
  }

  /** A stock server that answers with its name and records what it is told to. */
  private void start(String name, Consumer<CallMetricRecorder> record, BindableService... others)
      throws Exception {
    NettyServerBuilder builder =
        NettyServerBuilder.forAddress(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                InsecureServerCredentials.create())
            .intercept(OrcaMetricReportingServerInterceptor.getInstance())
            .addService(
                ServerServiceDefinition.builder("test.Names")
                    .addMethod(
                        WHO,
                        ServerCalls.asyncUnaryCall(
                            (request, observer) -> {
                              record.accept(CallMetricRecorder.getCurrent());
                              observer.onNext(StringValue.of(name));
                              observer.onCompleted();
                            }))
                    .build());
    for (BindableService other : others) {
      builder.addService(other);
    }
    Server server = builder.build().start();
    servers.add(server);
    endpoints.add(Endpoint.of(name, "127.0.0.1", server.getPort()));
  }

  private void with(BalancingOptions.Builder options, Consumer<ManagedChannel> test)
      throws InterruptedException {
    ChannelTarget target =
        ChannelTarget.open(
            "static:///names", StaticRegistry.of("names", endpoints.toArray(new Endpoint[0])));
    NettyChannelBuilder builder = NettyChannelBuilder.forTarget(target.grpcTarget()).usePlaintext();
    target.configure(
        builder,
        false,
        options.withoutHealth().balancer(BalancerSpec.of("weighted_round_robin")).build());
    ManagedChannel channel = builder.build();
    try {
      test.accept(channel);
    } finally {
      channel.shutdownNow().awaitTermination(30, TimeUnit.SECONDS);
      target.close();
    }
  }

  /** Calls until one round of them has these shares, give or take one call; or a long while. */
  private static void awaitShares(ManagedChannel channel, int light, int heavy) {
    long giveUp = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    Map<String, Integer> counts = new HashMap<>();
    do {
      counts.clear();
      for (int i = 0; i < ROUND; i++) {
        CallOptions options =
            CallOptions.DEFAULT
                .withOption(
                    LoadBalancingContext.KEY,
                    LoadBalancingContext.first(PickRequest.of(null, EndpointFilter.ALLOW_ALL)))
                .withWaitForReady()
                .withDeadlineAfter(60, TimeUnit.SECONDS);
        StringValue name =
            ClientCalls.blockingUnaryCall(channel, WHO, options, Empty.getDefaultInstance());
        counts.merge(name.getValue(), 1, Integer::sum);
      }
    } while (!near(counts, light, heavy) && System.nanoTime() < giveUp);
    assertThat(near(counts, light, heavy))
        .as("light %s and heavy %s wanted, last round %s", light, heavy, counts)
        .isTrue();
  }

  private static boolean near(Map<String, Integer> counts, int light, int heavy) {
    return Math.abs(counts.getOrDefault("light", 0) - light) <= 1
        && Math.abs(counts.getOrDefault("heavy", 0) - heavy) <= 1;
  }

  /** Our balancer with a clock of the test's. */
  private static final class Clocked extends LoadBalancerProvider {
    private final FairleadLoadBalancerProvider delegate;

    Clocked(AtomicLong nanos) {
      delegate =
          new FairleadLoadBalancerProvider(
              new ClockAndRandom(
                  nanos::get, ClockAndRandom.REAL.wallMillis(), ClockAndRandom.REAL.randomBits()));
    }

    @Override
    public boolean isAvailable() {
      return true;
    }

    @Override
    public int getPriority() {
      return 9;
    }

    @Override
    public String getPolicyName() {
      return delegate.getPolicyName();
    }

    @Override
    public LoadBalancer newLoadBalancer(LoadBalancer.Helper helper) {
      return delegate.newLoadBalancer(helper);
    }

    @Override
    public ConfigOrError parseLoadBalancingPolicyConfig(Map<String, ?> config) {
      return delegate.parseLoadBalancingPolicyConfig(config);
    }
  }
}
