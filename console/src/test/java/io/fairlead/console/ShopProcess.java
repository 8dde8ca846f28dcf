package io.fairlead.console;

import io.fairlead.admin.AdminService;
import io.fairlead.admin.AuditEvent;
import io.fairlead.discovery.Registry;
import io.fairlead.security.Authorizer;
import io.fairlead.security.Caller;
import io.fairlead.server.RpcServer;
import io.fairlead.telemetry.CurveRecorder;
import io.fairlead.telemetry.Telemetry;
import io.fairlead.telemetry.Tracing;
import io.grpc.Metadata;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import shop.v1.Inventory;
import shop.v1.InventoryRpc;

/** A server with all that a console shows: admin service, telemetry, curves. */
final class ShopProcess implements AutoCloseable {
  static final String OPERATOR = "token-of-an-operator";
  static final String READER = "token-of-a-reader";

  static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

  final List<AuditEvent> audited = new CopyOnWriteArrayList<>();
  final Telemetry telemetry = Telemetry.create();
  final CurveRecorder curves = CurveRecorder.start(telemetry);
  final Tracing tracing = Tracing.create();
  final AdminService admin =
      AdminService.builder().curves(curves).slow(Duration.ZERO).audit(audited::add).build();
  final RpcServer server;

  ShopProcess(Registry registry, String service, String id, String version, Inventory handler) {
    server =
        tracing
            .addTo(RpcServer.builder(service))
            .host("127.0.0.1")
            .id(id)
            .version(version)
            .service(InventoryRpc.bind(handler))
            .service(admin)
            .observer(admin)
            .observer(telemetry)
            .authorizer(authorizer())
            .registry(registry)
            .timeouts(bounds -> bounds.deregistrationDelay(Duration.ZERO))
            .start();
    admin.watch(server);
    telemetry.watch(server);
  }

  private static Authorizer authorizer() {
    return Authorizer.byScopes(
        request -> {
          String token = request.headers().get(AUTHORIZATION);
          if (request.scopes().isEmpty()) {
            return new Caller("app", Set.of());
          }
          return switch (token == null ? "" : token) {
            case "Bearer " + OPERATOR ->
                new Caller("olga", Set.of("fairlead.admin.read", "fairlead.admin.write"));
            case "Bearer " + READER -> new Caller("rita", Set.of("fairlead.admin.read"));
            default -> null;
          };
        });
  }

  String address() {
    return "127.0.0.1:" + server.port();
  }

  @Override
  public void close() {
    server.close();
    curves.close();
  }
}
