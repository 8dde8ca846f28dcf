package io.fairlead.junit5;

import io.fairlead.client.RpcChannel;
import io.fairlead.etcd.embedded.EmbeddedEtcd;
import io.fairlead.server.RpcServer;
import java.time.Duration;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/** What an extension has opened for a test. */
final class Fixture {
  private final ArrayDeque<AutoCloseable> open = new ArrayDeque<>();
  private @Nullable EmbeddedEtcd etcd;
  private @Nullable RpcServer server;
  private @Nullable RpcChannel channel;

  private Fixture() {}

  static Fixture open(FairleadExtension.Plan plan) {
    Fixture fixture = new Fixture();
    try {
      fixture.start(plan);
      return fixture;
    } catch (RuntimeException | Error e) {
      fixture.closeAfter(e);
      throw e;
    }
  }

  private void start(FairleadExtension.Plan plan) {
    RpcServer.Builder serving =
        RpcServer.builder(plan.name())
            .host("127.0.0.1")
            .port(0)
            // No other client needs time to learn of the deregistration.
            .timeouts(timeouts -> timeouts.deregistrationDelay(Duration.ZERO));
    plan.services().forEach(serving::service);
    String registry = "";
    if (plan.etcd()) {
      etcd = add(EmbeddedEtcd.start());
      registry = "etcd://127.0.0.1:" + etcd.port();
      serving.registry(registry).allowLoopback();
    }
    RpcServer started = add(plan.server().apply(serving).start());
    server = started;
    String target =
        registry.isEmpty() ? "127.0.0.1:" + started.port() : registry + "/" + plan.name();
    channel = add(plan.channel().apply(RpcChannel.to(target)).build());
  }

  private <T extends AutoCloseable> T add(T opened) {
    open.push(opened);
    return opened;
  }

  @Nullable EmbeddedEtcd etcd() {
    return etcd;
  }

  RpcServer server() {
    return started(server);
  }

  RpcChannel channel() {
    return started(channel);
  }

  private static <T> T started(@Nullable T part) {
    if (part == null) {
      throw new IllegalStateException("not started");
    }
    return part;
  }

  void close() {
    IllegalStateException failed = new IllegalStateException("cannot close what the test used");
    closeAfter(failed);
    if (failed.getSuppressed().length > 0) {
      throw failed;
    }
  }

  private void closeAfter(Throwable failure) {
    while (!open.isEmpty()) {
      try {
        open.pop().close();
      } catch (Exception e) {
        failure.addSuppressed(e);
      }
    }
  }
}
