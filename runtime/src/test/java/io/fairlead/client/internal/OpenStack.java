package io.fairlead.client.internal;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.MethodDescriptor;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/** A whole client stack whose clock, and what else the builder hides, a test sets. */
final class OpenStack extends Channel implements AutoCloseable {
  /** The time of budgets and breakers; deadlines are real. */
  final AtomicLong nanos = new AtomicLong(1_000_000_000L);

  final ClientCallFactory factory;

  OpenStack(String target, Consumer<ChannelConfig> change) {
    ChannelConfig channelConfig = new ChannelConfig(target);
    channelConfig.nanoTime = nanos::get;
    channelConfig.random = () -> 0.5;
    // Calls that a test leaves open are nobody's to wait for.
    channelConfig.shutdownGracePeriod = Duration.ZERO;
    change.accept(channelConfig);
    factory = ClientCallFactory.open(channelConfig, null);
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
  }
}
