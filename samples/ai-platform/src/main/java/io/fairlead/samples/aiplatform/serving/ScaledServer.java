package io.fairlead.samples.aiplatform.serving;

import io.fairlead.admin.AdminService;
import io.fairlead.scaling.LoadReporter;
import io.fairlead.security.Authorizer;
import io.fairlead.security.Caller;
import io.fairlead.server.RpcServer;
import io.grpc.Metadata;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;

/**
 * What a model server needs so that a decider can start and end it: it reports its load, and is
 * drained by whoever knows a token. Everybody may call the model.
 */
final class ScaledServer {
  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

  private static final Caller DECIDER =
      new Caller("decider", Set.of("fairlead.admin.read", "fairlead.admin.write"));

  private final String token;
  private final LoadReporter load =
      LoadReporter.builder().minInterval(Duration.ofMillis(500)).build();
  private final AdminService admin = AdminService.create();

  private ScaledServer(String token) {
    this.token = token;
  }

  /** Reads the token from a file: arguments can be read by everybody on this machine. */
  static ScaledServer withTokenOf(Path file) throws IOException {
    return new ScaledServer(Files.readString(file).strip());
  }

  RpcServer.Builder addTo(RpcServer.Builder server) {
    return server
        .service(load)
        .observer(load)
        .intercept(load.waited())
        .service(admin)
        .observer(admin)
        .authorizer(
            Authorizer.byScopes(
                request -> {
                  if (("Bearer " + token).equals(request.headers().get(AUTHORIZATION))) {
                    return DECIDER;
                  }
                  return request.scopes().isEmpty() ? new Caller("anybody", Set.of()) : null;
                }));
  }

  void started(RpcServer server) {
    admin.watch(server);
  }
}
