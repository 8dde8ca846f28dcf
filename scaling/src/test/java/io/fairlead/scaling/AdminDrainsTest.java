package io.fairlead.scaling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fairlead.admin.AdminService;
import io.fairlead.discovery.Endpoint;
import io.fairlead.lifecycle.ServerState;
import io.fairlead.security.Authorizer;
import io.fairlead.security.Caller;
import io.fairlead.server.RpcServer;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A real admin service is told, and asked. */
@Timeout(60)
class AdminDrainsTest {
  private static final Metadata.Key<String> USER =
      Metadata.Key.of("user", Metadata.ASCII_STRING_MARSHALLER);

  private static RpcServer start(AdminService admin) {
    RpcServer server =
        RpcServer.builder("inventory")
            .host("127.0.0.1")
            .service(admin)
            .authorizer(
                Authorizer.byScopes(
                    request ->
                        "scaler".equals(request.headers().get(USER))
                            ? new Caller(
                                "scaler", Set.of("fairlead.admin.read", "fairlead.admin.write"))
                            : null))
            .timeouts(t -> t.deregistrationDelay(Duration.ZERO))
            .start();
    admin.watch(server);
    return server;
  }

  private static Drains as(String user) {
    Metadata headers = new Metadata();
    headers.put(USER, user);
    return new AdminDrains(
        channel -> channel.intercept(MetadataUtils.newAttachHeadersInterceptor(headers)));
  }

  @Test
  void aDrainIsKnownByItsReasonUntilItIsTakenBack() throws Exception {
    try (RpcServer server = start(AdminService.create());
        Drains drains = as("scaler")) {
      Endpoint endpoint = Endpoint.of("a", "127.0.0.1", server.port());
      assertThat(drains.whyDrained(endpoint).toCompletableFuture().get(30, TimeUnit.SECONDS))
          .isEmpty();
      var unused =
          drains
              .drain(endpoint, "scaled down: less load")
              .toCompletableFuture()
              .get(30, TimeUnit.SECONDS);
      assertThat(server.state().phase()).isEqualTo(ServerState.Phase.NOT_SERVING);
      assertThat(drains.whyDrained(endpoint).toCompletableFuture().get(30, TimeUnit.SECONDS))
          .startsWith("scaled down: less load, by scaler");
      unused =
          drains.undrain(endpoint, "load is back").toCompletableFuture().get(30, TimeUnit.SECONDS);
      assertThat(server.state().phase()).isEqualTo(ServerState.Phase.SERVING);
      assertThat(drains.whyDrained(endpoint).toCompletableFuture().get(30, TimeUnit.SECONDS))
          .isEmpty();
    }
  }

  @Test
  void whoMayNotDrainHearsSo() throws Exception {
    try (RpcServer server = start(AdminService.create());
        Drains drains = as("stranger")) {
      Endpoint endpoint = Endpoint.of("a", "127.0.0.1", server.port());
      assertThatThrownBy(
              () ->
                  drains.drain(endpoint, "for fun").toCompletableFuture().get(30, TimeUnit.SECONDS))
          .hasMessageContaining("UNAUTHENTICATED");
      assertThat(server.state().phase()).isEqualTo(ServerState.Phase.SERVING);
    }
  }
}
