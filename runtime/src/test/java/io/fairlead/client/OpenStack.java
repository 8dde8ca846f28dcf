package io.fairlead.client;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.MethodDescriptor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/** A whole client stack whose clock, and what else the builder hides, a test sets. */
final class OpenStack extends Channel implements AutoCloseable {
  /** The time of budgets and breakers; deadlines are real. */
  final AtomicLong nanos = new AtomicLong(1_000_000_000L);

  final ClientStack stack;

  OpenStack(String target, Consumer<ClientSettings> change) {
    ClientSettings settings = new ClientSettings(target);
    settings.nanoTime = nanos::get;
    settings.random = () -> 0.5;
    change.accept(settings);
    stack = ClientStack.open(settings);
  }

  @Override
  public <Q, R> ClientCall<Q, R> newCall(MethodDescriptor<Q, R> method, CallOptions options) {
    return stack.newCall(method, options);
  }

  @Override
  public String authority() {
    return stack.authority();
  }

  @Override
  public void close() {
    stack.close();
  }
}
