package io.fairlead.client.internal;

import com.google.protobuf.StringValue;
import io.fairlead.balance.BalancingOptions;
import io.fairlead.balance.internal.ServiceConfigRewritingResolverProvider;
import io.fairlead.contract.MethodContract;
import io.fairlead.discovery.Endpoint;
import io.fairlead.discovery.InMemoryRegistry;
import io.fairlead.discovery.Registration;
import io.fairlead.internal.resolve.ChannelTarget;
import io.fairlead.testkit.ManualClock;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Deadline;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.NameResolverRegistry;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.internal.ManagedChannelImplBuilder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A whole client in virtual time: all layers, grpc-java's channel and the balancer, over a {@link
 * VirtualNetwork}. Nothing happens but on the thread of the test, when it moves the clock.
 */
final class VirtualStack extends Channel implements AutoCloseable {
  private static final Duration LONG = Duration.ofHours(24);

  final ManualClock clock = ManualClock.create();
  final VirtualNetwork network = new VirtualNetwork(clock);
  final List<VirtualServer> servers = new ArrayList<>();
  final ClientCallFactory factory;
  private final InMemoryRegistry registry = new InMemoryRegistry();
  private final Deadline.Ticker ticker =
      new Deadline.Ticker() {
        @Override
        public long nanoTime() {
          return clock.nanoTime();
        }
      };

  VirtualStack(Consumer<ChannelConfig> change) {
    ChannelConfig config = new ChannelConfig("memory:///echo");
    config.registry = registry;
    config.balancing = BalancingOptions.builder().withoutHealth().build();
    config.nanoTime = clock::nanoTime;
    config.scheduler = clock.scheduler();
    config.callbacks = clock.scheduler();
    config.random = () -> 0.5;
    config.shutdownGracePeriod = Duration.ZERO;
    config.deadlineTicker = ticker;
    change.accept(config);
    ChannelTarget target = ChannelTarget.open(config.target, config.registry);
    ManagedChannelBuilder<?> builder =
        new ManagedChannelImplBuilder(
                target.grpcTarget(),
                config.credentials,
                null,
                () -> network,
                () -> 80,
                NameResolverRegistry.getDefaultRegistry(),
                ServiceConfigRewritingResolverProvider.of(target.grpcTarget()))
            .directExecutor()
            .offloadExecutor(Runnable::run)
            .disableRetry();
    target.configure(builder, false, config.balancing);
    factory =
        new ClientCallFactory(config, target, SharedClientEventLoops.acquire(), builder.build());
  }

  VirtualStack() {
    this(config -> {});
  }

  /** Returns a deadline in virtual time. */
  Deadline deadline(Duration fromNow) {
    return Deadline.after(fromNow.toNanos(), TimeUnit.NANOSECONDS, ticker);
  }

  /** Starts a server and registers it as i1, i2 and so on. */
  VirtualServer serve(VirtualServer.Script script) {
    int number = servers.size() + 1;
    VirtualServer server = new VirtualServer(1000 + number, script);
    servers.add(server);
    network.add(server);
    register("i" + number, server.port());
    return server;
  }

  /** Puts an endpoint into the list, which it leaves when the registration is closed. */
  Registration register(String id, int port) {
    return registry.register("echo", Endpoint.of(id, "127.0.0.1", port));
  }

  /** Begins a call with a complete request. */
  Call begin(MethodContract<StringValue, StringValue> method, String text) {
    return begin(this, method, CallOptions.DEFAULT, text);
  }

  /** Begins a call through a view of this channel. */
  Call begin(
      Channel view,
      MethodContract<StringValue, StringValue> method,
      CallOptions options,
      String text) {
    Call call = new Call(view.newCall(method.descriptor(), options));
    call.call.start(call, new Metadata());
    call.call.request(2);
    call.call.sendMessage(StringValue.of(text));
    call.call.halfClose();
    clock.runDue();
    return call;
  }

  /** Calls, and lets time pass until the call is over. */
  Call call(MethodContract<StringValue, StringValue> method, String text) {
    return begin(method, text).untilItEnds();
  }

  /** A call and what its caller has heard. */
  final class Call extends ClientCall.Listener<StringValue> {
    final ClientCall<StringValue, StringValue> call;
    final List<String> messages = new ArrayList<>();
    private final Duration begun = clock.elapsed();
    private @Nullable Status status;
    private Metadata trailers = new Metadata();
    private Duration took = Duration.ZERO;

    Call(ClientCall<StringValue, StringValue> call) {
      this.call = call;
    }

    @Override
    public void onMessage(StringValue message) {
      messages.add(message.getValue());
      call.request(1);
    }

    @Override
    public void onClose(Status end, Metadata with) {
      if (status != null) {
        throw new AssertionError("told twice: " + status + ", then " + end);
      }
      status = end;
      trailers = with;
      took = clock.elapsed().minus(begun);
    }

    boolean over() {
      return status != null;
    }

    Call untilItEnds() {
      clock.advanceUntil(this::over, LONG);
      return this;
    }

    Status status() {
      return Objects.requireNonNull(status, "the call is not over");
    }

    /** What a blocking caller would have caught. */
    StatusRuntimeException failure() {
      return status().asRuntimeException(trailers);
    }

    /** How much virtual time it took. */
    Duration took() {
      return took;
    }
  }

  @Override
  public <Q, R> ClientCall<Q, R> newCall(MethodDescriptor<Q, R> method, CallOptions options) {
    return factory.newCall(method, options);
  }

  @Override
  public String authority() {
    return factory.authority();
  }

  @Override
  public void close() {
    factory.close();
    clock.runDue();
    registry.close();
  }
}
