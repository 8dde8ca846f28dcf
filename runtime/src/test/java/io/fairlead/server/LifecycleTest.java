package io.fairlead.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fairlead.client.RpcChannel;
import io.fairlead.discovery.Endpoint;
import io.fairlead.discovery.InMemoryRegistry;
import io.fairlead.discovery.Registration;
import io.fairlead.discovery.Registry;
import io.fairlead.discovery.Resolution;
import io.fairlead.discovery.Watch;
import io.fairlead.lifecycle.ServerState;
import io.fairlead.testkit.Await;
import io.fairlead.testkit.LogCapture;
import io.grpc.Grpc;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import java.net.SocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

@Timeout(120)
class LifecycleTest {
  @RegisterExtension final RunningServerExtension running = new RunningServerExtension();
  private final LogCapture log = LogCapture.of("io.fairlead.server");

  @AfterEach
  void closeLog() {
    log.close();
  }

  /** A registry that takes everything and answers nothing. */
  private static final class DeadRegistry implements Registry {
    private final CountDownLatch never = new CountDownLatch(1);

    @Override
    public Registration register(String service, Endpoint endpoint) {
      return new DeadRegistration(service, endpoint, never);
    }

    @Override
    public Watch watch(String service, Consumer<? super Resolution> observer) {
      throw new UnsupportedOperationException();
    }

    @Override
    public CompletionStage<List<String>> services() {
      throw new UnsupportedOperationException();
    }

    @Override
    public boolean spansHosts() {
      return false;
    }

    @Override
    public void close() {
      never.countDown();
    }
  }

  private record DeadRegistration(String service, Endpoint endpoint, CountDownLatch never)
      implements Registration {
    @Override
    public Status status() {
      return new Status(State.REGISTERING, Instant.EPOCH, "no answer from 10.0.0.1:2379");
    }

    @Override
    public List<Status> history() {
      return List.of(status());
    }

    @Override
    public Watch watch(Consumer<? super Status> observer) {
      observer.accept(status());
      return () -> {};
    }

    @Override
    public CompletionStage<Void> update(Endpoint changed) {
      return new CompletableFuture<>();
    }

    @Override
    public CompletionStage<Void> drain() {
      return new CompletableFuture<>();
    }

    @Override
    public void close() {
      try {
        never.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @Test
  void aDrainedServerServesOnAndComesBack() {
    InMemoryRegistry registry = running.add(new InMemoryRegistry());
    RpcServer server =
        running.start(
            RpcServer.builder("echo")
                .service(EchoMethod.serving(t -> t))
                .readiness("disk", () -> true)
                .timeouts(t -> t.deregistrationDelay(Duration.ZERO))
                .registry(registry));
    HealthGrpc.HealthBlockingStub health = HealthGrpc.newBlockingStub(running.channel(server));
    server.drain("new disk").toCompletableFuture().join();
    server.drain("asked twice").toCompletableFuture().join();
    assertThat(health.check(HealthCheckRequest.getDefaultInstance()).getStatus())
        .isEqualTo(ServingStatus.NOT_SERVING);
    assertThat(server.registration().orElseThrow().endpoint().draining()).isTrue();
    assertThat(server.state().detail()).startsWith("drained: new disk; ");
    server.undrain("disk is in").toCompletableFuture().join();
    assertThat(health.check(HealthCheckRequest.getDefaultInstance()).getStatus())
        .isEqualTo(ServingStatus.SERVING);
    assertThat(server.registration().orElseThrow().endpoint().draining()).isFalse();
    assertThat(server.state().phase()).isEqualTo(ServerState.Phase.SERVING);
    server.close();
    assertThatThrownBy(() -> server.undrain("too late"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(
            "server echo is being closed, in phase CLOSED, and cannot be undrained any more");
  }

  /** Returns a server whose drain was taken back while its check said no. */
  private RpcServer undrainedWithout(AtomicBoolean disk) {
    RpcServer server =
        running.start(
            RpcServer.builder("echo")
                .service(EchoMethod.serving(t -> t))
                .readiness("disk", disk::get)
                .readinessInterval(Duration.ofMillis(10)));
    server.drain("new disk");
    disk.set(false);
    Await.until("the check says no", () -> !server.readiness().get(0).ready());
    server.undrain("disk is in");
    return server;
  }

  @Test
  void aServerThatIsNotReadyDoesNotServeWhenItsDrainIsTakenBack() {
    AtomicBoolean disk = new AtomicBoolean(true);
    RpcServer server = undrainedWithout(disk);
    assertThat(server.state().phase()).isEqualTo(ServerState.Phase.NOT_SERVING);
    assertThat(server.state().detail())
        .isEqualTo("undrained: disk is in; health says NOT_SERVING: check \"disk\" says no");
    disk.set(true);
    Await.until("SERVING", () -> server.state().phase().equals(ServerState.Phase.SERVING));
    assertThat(server.state().detail())
        .isEqualTo("undrained: disk is in; health follows the readiness checks");
    server.drain("broken again");
    assertThat(server.state().phase()).isEqualTo(ServerState.Phase.NOT_SERVING);
  }

  @Test
  void aServerThatIsDrainedAgainBeforeItIsReadyDoesNotServe() {
    AtomicBoolean disk = new AtomicBoolean(true);
    RpcServer server = undrainedWithout(disk);
    server.drain("wrong disk");
    disk.set(true);
    Await.until("the check says yes", () -> server.readiness().get(0).ready());
    assertThat(server.history())
        .extracting(ServerState::phase)
        .containsOnlyOnce(ServerState.Phase.SERVING)
        .endsWith(ServerState.Phase.NOT_SERVING);
  }

  @Test
  void aRegistryThatHangsHoldsUpNeitherStartNorClose() {
    try (DeadRegistry registry = new DeadRegistry()) {
      RpcServer server =
          RpcServer.builder("echo")
              .service(EchoMethod.serving(t -> t))
              .registry(registry)
              .id("echo-1")
              .port(0)
              .timeouts(
                  timeouts ->
                      timeouts
                          .registrationTimeout(Duration.ofMillis(20))
                          .deregistrationTimeout(Duration.ofMillis(20))
                          .deregistrationDelay(Duration.ZERO))
              .start();
      assertThat(server.state().phase()).isEqualTo(ServerState.Phase.SERVING);
      server.close();
      assertThat(server.history())
          .extracting(ServerState::phase)
          .containsExactly(
              ServerState.Phase.BOUND,
              ServerState.Phase.READY,
              ServerState.Phase.REGISTERED,
              ServerState.Phase.SERVING,
              ServerState.Phase.NOT_SERVING,
              ServerState.Phase.DEREGISTERED,
              ServerState.Phase.PROPAGATED,
              ServerState.Phase.GOAWAY,
              ServerState.Phase.DRAINED,
              ServerState.Phase.CLOSED);
      assertThat(log.warnings())
          .containsExactly(
              "server echo REGISTERED: echo-1 at grpc://127.0.0.1:"
                  + server.port()
                  + " (chosen: the registry is on this machine) not confirmed within 20ms: no"
                  + " answer from 10.0.0.1:2379; it goes on being tried",
              "server echo DEREGISTERED: the registry took too long to accept the draining state"
                  + " within 20ms; the entry goes when its lease ends");
    }
  }

  @Test
  void eachStepIsOneLineOfTheLog() {
    RpcServer server = running.start(RpcServer.builder("echo").service(EchoMethod.serving(t -> t)));
    server.close();
    assertThat(log.lines())
        .containsExactlyElementsOf(
            server.history().stream()
                .map(state -> "server echo " + state.phase() + ": " + state.detail())
                .toList());
  }

  @Test
  void aRegistryThatRefusesStopsTheStart() {
    try (DeadRegistry registry = new DeadRegistry()) {
      RpcServer.Builder builder =
          RpcServer.builder("echo")
              .service(EchoMethod.serving(t -> t))
              .registry(registry)
              .advertise("example.org:http");
      assertThatThrownBy(builder::start)
          .hasMessageContaining("the advertised address \"example.org:http\"");
    }
  }

  @Test
  void unstartedBuilderWarns() {
    String expected =
        "the builder of server forgotten was never started, and serves nothing; call start()";
    try (LogCapture ours = LogCapture.of("io.fairlead.server.RpcServer")) {
      forget("forgotten");
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
      // Builders of other tests in this JVM may be reported first.
      while (!ours.warnings().contains(expected) && System.nanoTime() - end < 0) {
        System.gc();
        LockSupport.parkNanos(1_000_000);
      }
      assertThat(ours.warnings()).contains(expected);
    }
  }

  private static void forget(String name) {
    RpcServer.Builder unused = RpcServer.builder(name).service(EchoMethod.serving(t -> t));
    assertThat(unused).isNotNull();
  }

  @Test
  void aConnectionThatIsOldGoesAwayAndNoCallIsLost() {
    Set<SocketAddress> peers = ConcurrentHashMap.newKeySet();
    ServerInterceptor seen =
        new ServerInterceptor() {
          @Override
          public <Q, R> ServerCall.Listener<Q> interceptCall(
              ServerCall<Q, R> call, io.grpc.Metadata headers, ServerCallHandler<Q, R> next) {
            peers.add(call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR));
            return next.startCall(call, headers);
          }
        };
    RpcServer server =
        running.start(
            RpcServer.builder("echo")
                .host("127.0.0.1")
                .service(ServerInterceptors.intercept(EchoMethod.serving(t -> t), seen))
                // The shortest age that the transport takes.
                .connections(
                    all -> all.maxAge(Duration.ofSeconds(1)).maxAgeGrace(Duration.ofSeconds(30))));
    try (RpcChannel channel = RpcChannel.to("127.0.0.1:" + server.port()).build()) {
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
      while (peers.size() < 2 && System.nanoTime() - end < 0) {
        assertThat(EchoMethod.say(channel, "x")).isEqualTo("x");
      }
      assertThat(peers).hasSizeGreaterThan(1);
    }
  }
}
