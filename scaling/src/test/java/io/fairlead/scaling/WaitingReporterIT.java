package io.fairlead.scaling;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.registry.etcd.EtcdRegistry;
import io.fairlead.server.RpcServer;
import io.fairlead.testkit.Await;
import io.fairlead.testkit.EtcdRelease;
import io.fairlead.testkit.RealEtcd;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import shop.v1.Inventory;
import shop.v1.InventoryRpc;
import shop.v1.Reservation;
import shop.v1.ReserveRequest;

/** From no instance to the first one, with a real etcd and clients of their own. */
@Timeout(120)
class WaitingReporterIT {
  private RealEtcd etcd;
  private EtcdRegistry registry;
  private ServiceLoadView view;

  @BeforeEach
  void open() {
    etcd = RealEtcd.start(EtcdRelease.INSTALLED);
    registry =
        EtcdRegistry.builder().endpoints(etcd.endpoint()).ttl(Duration.ofSeconds(2)).connect();
    view = ServiceLoadView.builder().countWaitingCalls().open(registry, "inventory");
  }

  @AfterEach
  void close() {
    // Nothing was opened where etcd is missing, and the test was skipped.
    if (etcd != null) {
      view.close();
      registry.close();
      etcd.close();
    }
  }

  private Process client() throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-cp",
            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
            WaitingClient.class.getName(),
            etcd.endpoint())
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  private void awaitWaiting(int calls) {
    Await.until(
        calls + " calls wait",
        () -> {
          LoadSample sample = view.read().sample();
          return sample.offered().isPresent() && sample.waiting() == calls;
        });
  }

  @Test
  void theCallOfAKilledClientWaitsNoMore() throws Exception {
    List<Process> clients = new ArrayList<>(List.of(client(), client()));
    try {
      awaitWaiting(2);
      clients.get(0).destroyForcibly().waitFor();
      awaitWaiting(1);
      clients.get(1).destroyForcibly().waitFor();
      awaitWaiting(0);
      assertThat(view.read().sample().unknownReason()).isEmpty();
    } finally {
      clients.forEach(Process::destroyForcibly);
    }
  }

  @Test
  void aCallOfAnotherProcessStartsTheFirstInstanceAndIsAnswered() throws Exception {
    PlayedStarts starts = new PlayedStarts();
    Process client = client();
    try (Fleet fleet = Fleet.builder("inventory", registry, view, starts).build();
        Scaler scaler =
            Scaler.builder("inventory", fleet, ScalingPolicy.builder(50).min(0).build())
                .tick(Duration.ofMillis(100))
                .announce(registry)
                .onDecision(fleet)
                .start()) {
      String said = new String(client.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(said.strip()).isEqualTo("answered: first");
      assertThat(client.waitFor()).isZero();
      assertThat(starts.reasons).hasSize(1);
      assertThat(starts.reasons.get(0)).startsWith("up from 0: ");
      assertThat(scaler.changes()).extracting(each -> each.decision().want()).contains(1);
      awaitWaiting(0);
      // It is told apart from the services that have instances.
      assertThat(registry.services().toCompletableFuture().join())
          .containsExactly("fairlead-scaling-inventory", "inventory");
    } finally {
      client.destroyForcibly();
      starts.close();
    }
  }

  /** Starts servers in this process. */
  private final class PlayedStarts implements Actuator {
    private final List<String> reasons = new CopyOnWriteArrayList<>();
    private final List<RpcServer> servers = new CopyOnWriteArrayList<>();

    @Override
    public List<String> instances() {
      List<String> ids = new ArrayList<>();
      for (int i = 0; i < servers.size(); i++) {
        ids.add("i" + i);
      }
      return ids;
    }

    @Override
    public void start(int count, Order order) {
      reasons.add(order.reason());
      LoadReporter reporter = LoadReporter.builder().build();
      servers.add(
          RpcServer.builder("inventory")
              .id("i" + servers.size())
              .host("127.0.0.1")
              .advertise("127.0.0.1")
              .allowLoopback()
              .service(
                  InventoryRpc.bind(
                      new Inventory() {
                        @Override
                        public Reservation reserve(ReserveRequest request) {
                          return Reservation.newBuilder().setId("first").build();
                        }
                      }))
              .service(reporter)
              .observer(reporter)
              .registry(registry)
              .timeouts(t -> t.deregistrationDelay(Duration.ZERO))
              .start());
    }

    @Override
    public void stop(List<String> ids, Order order) {
      throw new AssertionError("nobody is to be stopped: " + order.reason());
    }

    @Override
    public void close() {
      servers.forEach(RpcServer::close);
    }
  }
}
