package io.fairlead.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** What a test has opened; closed in reverse order. */
public final class RunningServerExtension implements AfterEachCallback {
  private final ArrayDeque<AutoCloseable> open = new ArrayDeque<>();

  public <T extends AutoCloseable> T add(T resource) {
    open.push(resource);
    return resource;
  }

  public RpcServer start(RpcServer.Builder builder) {
    return add(builder.start());
  }

  public ManagedChannel channel(RpcServer server) {
    ManagedChannel channel =
        Grpc.newChannelBuilder("127.0.0.1:" + server.port(), InsecureChannelCredentials.create())
            .build();
    open.push(
        () -> {
          channel.shutdownNow();
          assertThat(channel.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
        });
    return channel;
  }

  @Override
  public void afterEach(ExtensionContext context) throws Exception {
    while (!open.isEmpty()) {
      open.pop().close();
    }
  }
}
