package io.fairlead.scaling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.fairlead.client.RpcChannel;
import io.fairlead.etcd.embedded.EmbeddedEtcd;
import io.fairlead.security.Authorizer;
import io.fairlead.security.Caller;
import io.fairlead.server.RpcServer;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Deciders as processes, with an etcd and an actuator that they reach over the network. */
@Timeout(120)
class DeciderTest {
  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

  @TempDir Path folder;
  private final List<Process> deciders = new ArrayList<>();
  private final PlayedActuator actuator = new PlayedActuator();

  /** Keeps names and the tokens of the orders; starts nothing. */
  private static final class PlayedActuator implements Actuator {
    private final FencingGuard guard = new FencingGuard(null);
    private final List<String> running = new ArrayList<>();
    private final List<Long> tokens = new ArrayList<>();
    private int number;

    @Override
    public synchronized List<String> instances() {
      return List.copyOf(running);
    }

    @Override
    public synchronized void start(int count, Order order) throws IOException {
      guard.run(
          order,
          () -> {
            for (int i = 0; i < count; i++) {
              tokens.add(order.fencingToken());
              running.add("i" + ++number);
            }
          });
    }

    @Override
    public synchronized void stop(List<String> ids, Order order) throws IOException {
      guard.run(order, () -> running.removeAll(ids));
    }

    private synchronized void kill(String id) {
      running.remove(id);
    }

    private synchronized List<Long> awaitOrders(int count) throws InterruptedException {
      while (tokens.size() < count) {
        wait(10);
      }
      return List.copyOf(tokens);
    }
  }

  private RpcServer serve(Actuator served) {
    return RpcServer.builder("actuator")
        .host("127.0.0.1")
        .service(new ActuatorService(served))
        .authorizer(
            Authorizer.byScopes(
                request ->
                    "Bearer secret".equals(request.headers().get(AUTHORIZATION))
                        ? new Caller(
                            "scaler", Set.of("fairlead.scaling.read", "fairlead.scaling.write"))
                        : null))
        .timeouts(t -> t.deregistrationDelay(Duration.ZERO))
        .start();
  }

  private static RpcChannel channel(RpcServer server, String token) {
    return RpcChannel.to("127.0.0.1:" + server.port())
        .intercept(MetadataUtils.newAttachHeadersInterceptor(bearer(token)))
        .build();
  }

  private static Metadata bearer(String token) {
    Metadata headers = new Metadata();
    headers.put(AUTHORIZATION, "Bearer " + token);
    return headers;
  }

  private Path decider(String name, String etcd, RpcServer server) throws IOException {
    Path token = folder.resolve("token");
    Files.writeString(token, "secret\n");
    Path log = folder.resolve(name);
    deciders.add(
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "scale",
                "--service",
                "inventory",
                "--capacity",
                "10",
                "--etcd",
                etcd,
                "--ttl",
                "2s",
                "--tick",
                "100ms",
                "--actuator",
                "127.0.0.1:" + server.port(),
                "--token-file",
                token.toString())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start());
    return log;
  }

  @AfterEach
  void end() throws Exception {
    for (Process each : deciders) {
      boolean unused = each.destroyForcibly().waitFor(30, TimeUnit.SECONDS);
    }
  }

  private static void await(Path log, String text) throws Exception {
    while (!Files.readString(log).contains(text)) {
      Thread.sleep(20);
    }
  }

  @Test
  void aDeciderThatIsKilledHasASuccessorAndCannotOrderAnyMore() throws Exception {
    try (EmbeddedEtcd etcd = EmbeddedEtcd.builder().minTtl(Duration.ofSeconds(1)).start();
        RpcServer server = serve(actuator)) {
      Path first = decider("first", etcd.endpoint(), server);
      await(first, "decides, with the fencing token ");
      Path second = decider("second", etcd.endpoint(), server);
      List<Long> orders = actuator.awaitOrders(2);
      long token = orders.get(0);
      assertThat(orders).containsExactly(token, token);
      deciders.get(0).destroyForcibly();
      actuator.kill("i1");
      await(second, "decides, with the fencing token ");
      assertThat(actuator.awaitOrders(3).get(2)).isGreaterThan(token);
      assertThat(actuator.instances()).containsExactly("i2", "i3");
      try (RpcChannel late = channel(server, "secret")) {
        assertThatExceptionOfType(StaleOrderException.class)
            .isThrownBy(
                () ->
                    new RemoteActuator(late)
                        .stop(List.of("i2"), new Actuator.Order(token, "woken up late")))
            .withMessageContaining("the order has the fencing token " + token);
      }
    }
  }

  @Test
  void aDeciderWhoseTokenIsTooSmallGivesItsTermUpAndSaysWhatToRemove() throws Exception {
    try (EmbeddedEtcd etcd = EmbeddedEtcd.builder().minTtl(Duration.ofSeconds(1)).start();
        RpcServer server = serve(actuator)) {
      actuator.stop(List.of(), new Actuator.Order(Long.MAX_VALUE, "of an etcd that is gone"));
      Path log = decider("first", etcd.endpoint(), server);
      await(log, "an order was refused as stale, so it gives this term up");
      await(log, "campaigns again in 30 s");
      assertThat(Files.readString(log))
          .contains("decides no more")
          .contains("as etcd was set up anew, restart the process that gave this answer");
    }
  }

  @Test
  void anOrderThatIsRepeatedWhileItIsUnderWayStartsNothingTwice() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    Actuator slow =
        new Actuator() {
          @Override
          public List<String> instances() {
            return actuator.instances();
          }

          @Override
          public void start(int count, Order order) throws IOException {
            begun.countDown();
            boolean interrupted = false;
            while (goOn.getCount() > 0) {
              try {
                goOn.await();
              } catch (InterruptedException e) {
                interrupted = true; // the caller has left, and the machine goes on
              }
            }
            if (interrupted) {
              Thread.currentThread().interrupt();
            }
            actuator.start(count, order);
          }

          @Override
          public void stop(List<String> ids, Order order) {}
        };
    Actuator.Order order = new Actuator.Order(1, "as the test wants");
    AtomicBoolean impatient = new AtomicBoolean(true);
    try (RpcServer server = serve(slow);
        RpcChannel channel =
            RpcChannel.to("127.0.0.1:" + server.port())
                .intercept(impatience(impatient))
                .intercept(MetadataUtils.newAttachHeadersInterceptor(bearer("secret")))
                .build()) {
      RemoteActuator remote = new RemoteActuator(channel);
      assertThat(remote.instances()).isEmpty();
      assertThatExceptionOfType(IOException.class)
          .isThrownBy(() -> remote.start(3, order))
          .withMessageContaining("DEADLINE_EXCEEDED");
      assertThat(begun.await(30, TimeUnit.SECONDS)).isTrue();
      impatient.set(false);
      assertThat(remote.instances()).as("it is still under way").isEmpty();
      CompletableFuture<Void> again =
          CompletableFuture.runAsync(
              () -> {
                try {
                  remote.start(3, order);
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
      goOn.countDown();
      again.get(30, TimeUnit.SECONDS);
      assertThat(actuator.awaitOrders(3)).hasSize(3);
      assertThat(actuator.instances()).containsExactly("i1", "i2", "i3");
      remote.start(2, order);
      remote.start(1, order);
      assertThat(actuator.instances()).as("an order of its own adds").hasSize(6);
    }
  }

  /** Start has a short deadline, while that is asked for. */
  private static ClientInterceptor impatience(AtomicBoolean when) {
    return new ClientInterceptor() {
      @Override
      public <Q, R> ClientCall<Q, R> interceptCall(
          MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
        return next.newCall(
            method,
            when.get() && method.getFullMethodName().endsWith("/Start")
                ? options.withDeadlineAfter(500, TimeUnit.MILLISECONDS)
                : options);
      }
    };
  }

  @Test
  void aStrangerStartsNothing() throws Exception {
    try (RpcServer server = serve(actuator);
        RpcChannel stranger = channel(server, "guessed")) {
      assertThatExceptionOfType(IOException.class)
          .isThrownBy(() -> new RemoteActuator(stranger).start(1, new Actuator.Order(1, "for fun")))
          .withMessageContaining("UNAUTHENTICATED");
      assertThat(actuator.instances()).isEmpty();
    }
  }

  @Test
  void anActuatorThatFailsSaysWhyToTheDecider() throws Exception {
    Actuator broken =
        new Actuator() {
          @Override
          public List<String> instances() throws IOException {
            throw new IOException("no memory");
          }

          @Override
          public void start(int count, Order order) {}

          @Override
          public void stop(List<String> ids, Order order) {}
        };
    try (RpcServer server = serve(broken);
        RpcChannel channel = channel(server, "secret")) {
      assertThatExceptionOfType(IOException.class)
          .isThrownBy(new RemoteActuator(channel)::instances)
          .withMessageContaining("INTERNAL: no memory");
    }
  }

  @Test
  void anOrderThatStartsNothingIsASlip() throws Exception {
    try (RpcServer server = serve(actuator);
        RpcChannel channel = channel(server, "secret")) {
      assertThatExceptionOfType(IOException.class)
          .isThrownBy(() -> new RemoteActuator(channel).start(0, new Actuator.Order(0, "none")))
          .withMessageContaining("count is 0; use 1 to 10000");
    }
  }
}
