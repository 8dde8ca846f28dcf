package io.fairlead.interop.tools;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.interop.peer.Peer;
import io.fairlead.interop.peer.Peers;
import io.fairlead.scaling.KedaScaler;
import io.fairlead.scaling.LoadSample;
import io.fairlead.scaling.Scaler;
import io.fairlead.scaling.ScalingPolicy;
import io.fairlead.scaling.ServiceLoad;
import io.fairlead.server.RpcServer;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** KEDA's own client asks our external scaler. */
@Timeout(600)
class KedaIT {
  private static final ScalingPolicy POLICY = ScalingPolicy.builder(12.5).max(50).build();

  private static ServiceLoad load() {
    return new ServiceLoad(
        LoadSample.builder(Instant.now()).offered(101).served(101).instances(8, 0).build(),
        List.of());
  }

  private static ServiceLoad unknown() {
    return new ServiceLoad(
        LoadSample.builder(Instant.now()).unknown("the registry is away").instances(8, 0).build(),
        List.of());
  }

  private static List<String> ask(Scaler scaler, String service, String metric) throws Exception {
    Peer keda = Peers.go("go-keda", ".");
    try (RpcServer server =
        RpcServer.builder("scaler")
            .host("127.0.0.1")
            .service(new KedaScaler(List.of(scaler)))
            .timeouts(t -> t.deregistrationDelay(Duration.ZERO))
            .start()) {
      while (scaler.decision() == null) {
        Thread.sleep(10);
      }
      return keda.runWell("127.0.0.1:" + server.port(), service, metric).lines().toList();
    }
  }

  @Test
  void kedaReadsHowManyInstancesAreWanted() throws Exception {
    try (Scaler scaler = Scaler.builder("inventory", KedaIT::load, POLICY).start()) {
      assertThat(ask(scaler, "inventory", "instances"))
          .containsExactly(
              "spec fairlead-instances target 1 1",
              "value fairlead-instances 8 8",
              "active true",
              "pushed true");
    }
  }

  @Test
  void kedaReadsTheLoadWithItsFractions() throws Exception {
    try (Scaler scaler = Scaler.builder("inventory", KedaIT::load, POLICY).start()) {
      assertThat(ask(scaler, "inventory", "load"))
          .containsExactly(
              "spec fairlead-load target 13 12.5",
              "value fairlead-load 101 101",
              "active true",
              "pushed true");
    }
  }

  @Test
  void kedaHearsThatALoadIsUnknownAndNoZero() throws Exception {
    try (Scaler scaler = Scaler.builder("inventory", KedaIT::unknown, POLICY).start()) {
      String why = "Unavailable: the load of inventory is not known: the registry is away";
      assertThat(ask(scaler, "inventory", "load"))
          .containsExactly(
              "spec fairlead-load target 13 12.5",
              "GetMetrics failed: " + why,
              "IsActive failed: " + why,
              "StreamIsActive failed: " + why);
    }
  }

  @Test
  void kedaHearsWhichServicesThereAre() throws Exception {
    try (Scaler scaler = Scaler.builder("inventory", KedaIT::load, POLICY).start()) {
      assertThat(ask(scaler, "pricing", "load"))
          .singleElement()
          .asString()
          .startsWith("GetMetricSpec failed: InvalidArgument: there is no scaler of the service")
          .endsWith("there are [inventory]");
    }
  }
}
