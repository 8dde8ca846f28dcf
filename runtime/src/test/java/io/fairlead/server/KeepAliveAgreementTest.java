package io.fairlead.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.discovery.EndpointSnapshot;
import io.fairlead.discovery.InMemoryRegistry;
import io.fairlead.discovery.Resolution;
import io.fairlead.discovery.Watch;
import io.fairlead.internal.transport.KeepAliveTransportFactory;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class KeepAliveAgreementTest {
  @Test
  void aServerWritesHowOftenItMayBePinged() throws Exception {
    InMemoryRegistry registry = new InMemoryRegistry();
    try (RpcServer server =
        RpcServer.builder("echo")
            .service(EchoMethod.serving(t -> t))
            .registry(registry)
            .port(0)
            .start()) {
      assertThat(server.port()).isPositive();
      CompletableFuture<EndpointSnapshot> snapshot = new CompletableFuture<>();
      try (Watch watch =
          registry.watch(
              "echo",
              resolution -> {
                if (resolution instanceof Resolution.Bound bound) {
                  snapshot.complete(bound.snapshot());
                }
              })) {
        assertThat(watch).isNotNull();
        assertThat(snapshot.get(30, TimeUnit.SECONDS).endpoints())
            .singleElement()
            .satisfies(
                endpoint ->
                    assertThat(endpoint.tags()).containsEntry(KeepAliveTransportFactory.TAG, "1s"));
      }
    }
  }
}
