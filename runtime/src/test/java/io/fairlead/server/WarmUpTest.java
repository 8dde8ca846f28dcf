package io.fairlead.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.fairlead.discovery.InMemoryRegistry;
import io.fairlead.discovery.Resolution;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What is slow once is not paid by the first callers. */
@Timeout(60)
class WarmUpTest {
  @RegisterExtension final RunningServerExtension running = new RunningServerExtension();

  private final List<String> seen = new CopyOnWriteArrayList<>();

  private static void at(int port, Consumer<ManagedChannel> work) {
    ManagedChannel channel =
        Grpc.newChannelBuilder("127.0.0.1:" + port, InsecureChannelCredentials.create()).build();
    try {
      work.accept(channel);
    } finally {
      channel.shutdownNow();
    }
  }

  @Test
  void itsOwnCallsAreServedBeforeAnybodyIsToldOfTheServer() throws Exception {
    try (InMemoryRegistry registry = new InMemoryRegistry()) {
      AtomicReference<Resolution> listed = new AtomicReference<>();
      IntConsumer warmUp =
          port ->
              at(
                  port,
                  channel -> {
                    seen.add(EchoMethod.say(channel, "warm"));
                    ServingStatus health =
                        HealthGrpc.newBlockingStub(channel)
                            .check(HealthCheckRequest.getDefaultInstance())
                            .getStatus();
                    seen.add(health.name());
                    seen.add(String.valueOf(listed.get() instanceof Resolution.Absent));
                  });
      try (var watch = registry.watch("echo", listed::set)) {
        RpcServer server =
            running.start(
                RpcServer.builder("echo")
                    .host("127.0.0.1")
                    .service(EchoMethod.serving(text -> text))
                    .registry(registry)
                    .warmUp(warmUp)
                    .warmUp(port -> seen.add("second")));
        assertThat(seen).containsExactly("warm", "NOT_SERVING", "true", "second");
        assertThat(listed.get()).isInstanceOf(Resolution.Bound.class);
        assertThat(EchoMethod.say(running.channel(server), "hello")).isEqualTo("hello");
        assertThat(watch).isNotNull();
      }
    }
  }

  @Test
  void aServerThatDoesNotWarmUpDoesNotStart() {
    AtomicInteger port = new AtomicInteger();
    assertThatIllegalStateException()
        .isThrownBy(
            () ->
                RpcServer.builder("echo")
                    .host("127.0.0.1")
                    .service(EchoMethod.serving(text -> text))
                    .warmUp(
                        bound -> {
                          port.set(bound);
                          throw new IllegalArgumentException("the model is broken");
                        })
                    .start())
        .withMessage(
            "server echo did not warm up: java.lang.IllegalArgumentException: the model is broken");
    assertThat(canConnect(port.get())).as("its port is free again").isFalse();
  }

  @Test
  void codeThatHangsDoesNotKeepTheStartFromEnding() throws Exception {
    CountDownLatch interrupted = new CountDownLatch(1);
    assertThatIllegalStateException()
        .isThrownBy(
            () ->
                RpcServer.builder("echo")
                    .host("127.0.0.1")
                    .service(EchoMethod.serving(text -> text))
                    .timeouts(t -> t.startupTimeout(Duration.ofMillis(50)))
                    .warmUp(
                        bound -> {
                          try {
                            new CountDownLatch(1).await();
                          } catch (InterruptedException e) {
                            interrupted.countDown();
                          }
                        })
                    .start())
        .withMessage(
            "server echo did not warm up within 50ms; make that shorter, or allow more time with"
                + " timeouts(t -> t.startupTimeout(...))");
    assertThat(interrupted.await(30, TimeUnit.SECONDS)).as("its thread is told to end").isTrue();
  }

  private static boolean canConnect(int port) {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return socket.isConnected();
    } catch (IOException e) {
      return false;
    }
  }
}
