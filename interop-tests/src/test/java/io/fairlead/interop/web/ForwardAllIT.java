package io.fairlead.interop.web;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.gateway.Contracts;
import io.fairlead.gateway.Gateway;
import io.fairlead.interop.contract.OurDepot;
import io.fairlead.registry.etcd.EtcdRegistry;
import io.fairlead.server.RpcServer;
import io.fairlead.testkit.EtcdRelease;
import io.fairlead.testkit.RealEtcd;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** One gateway before all services of an etcd. */
class ForwardAllIT {
  private static final Duration MOST = Duration.ofSeconds(60);

  private final HttpClient http = HttpClient.newHttpClient();

  @Test
  void aServiceThatEntersEtcdIsServedWithoutARestartAndLeavesWithItsServer() throws Exception {
    try (RealEtcd etcd = RealEtcd.start(EtcdRelease.INSTALLED);
        EtcdRegistry registry = EtcdRegistry.builder().endpoints(etcd.endpoint()).connect();
        RpcServer gateway =
            RpcServer.builder("gateway")
                .host("127.0.0.1")
                .gateway(
                    Gateway.builder()
                        .forwardAll("etcd://" + etcd.address(), "shop-", Contracts.reflection())
                        .reload(Duration.ofMillis(100))
                        .build())
                .start()) {
      assertThat(store(gateway).statusCode()).isEqualTo(404);
      try (OurDepot hidden = serve(registry, "office-depot", "hidden")) {
        assertThat(hidden.port()).isPositive();
        try (OurDepot late = serve(registry, "shop-depot", "late")) {
          assertThat(late.port()).isPositive();
          // The other one has the same contract, and a name that the prefix leaves out.
          assertThat(until(200, gateway).body()).contains("\"server\":\"late\"");
        }
        assertThat(until(503, gateway).body()).contains("unavailable");
        try (OurDepot back = serve(registry, "shop-depot", "back")) {
          assertThat(back.port()).isPositive();
          assertThat(until(200, gateway).body()).contains("\"server\":\"back\"");
        }
      }
    }
  }

  private static OurDepot serve(EtcdRegistry registry, String service, String name) {
    return OurDepot.start(
        service,
        name,
        builder ->
            builder
                .registry(registry)
                .advertise("127.0.0.1")
                .allowLoopback()
                .timeouts(timeouts -> timeouts.deregistrationDelay(Duration.ZERO)));
  }

  private HttpResponse<String> store(RpcServer gateway) throws Exception {
    return http.send(
        HttpRequest.newBuilder(
                URI.create("http://127.0.0.1:" + gateway.port() + "/depot.v1.Depot/Store"))
            .header("content-type", "application/json")
            .POST(BodyPublishers.ofString("{}"))
            .build(),
        BodyHandlers.ofString());
  }

  /** Calls until the status is as wanted. */
  private HttpResponse<String> until(int status, RpcServer gateway) throws Exception {
    long end = System.nanoTime() + MOST.toNanos();
    HttpResponse<String> response = store(gateway);
    while (response.statusCode() != status) {
      assertThat(System.nanoTime()).as(response.body()).isLessThan(end);
      response = store(gateway);
    }
    return response;
  }
}
