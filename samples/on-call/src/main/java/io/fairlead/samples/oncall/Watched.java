package io.fairlead.samples.oncall;

import io.fairlead.admin.AdminService;
import io.fairlead.admin.LogBuffer;
import io.fairlead.client.RpcChannel;
import io.fairlead.discovery.Registry;
import io.fairlead.server.RpcServer;
import io.fairlead.telemetry.CurveRecorder;
import io.fairlead.telemetry.Telemetry;
import io.fairlead.telemetry.Tracing;
import java.time.Duration;
import java.util.logging.Logger;

/** What each process of the shop has for the person on call: admin service, curves, log, traces. */
final class Watched implements AutoCloseable {
  /** No handler takes half as long while all is well. */
  private static final Duration SLOW = Duration.ofMillis(250);

  private final Telemetry telemetry = Telemetry.create();
  private final CurveRecorder curves = CurveRecorder.start(telemetry);
  private final Tracing tracing = Tracing.create();
  private final LogBuffer logs = LogBuffer.create();
  private final AdminService admin =
      AdminService.builder().curves(curves).logs(logs).slow(SLOW).build();

  Watched() {
    Logger.getLogger("").addHandler(logs.handler());
  }

  /** Returns a server to which services are to be added. */
  RpcServer.Builder server(String name, String id, String version, Registry registry) {
    return tracing
        .addTo(RpcServer.builder(name))
        .id(id)
        .version(version)
        .host("127.0.0.1")
        .advertise("127.0.0.1")
        .allowLoopback()
        .service(admin)
        .observer(admin)
        .observer(telemetry)
        .authorizer(Secret.authorizer())
        .registry(registry)
        .timeouts(bounds -> bounds.deregistrationDelay(Duration.ofSeconds(1)))
        .shutdownHook();
  }

  /** Returns a channel whose calls are seen. */
  RpcChannel.Builder channel(String target, Registry registry) {
    return tracing
        .addTo(RpcChannel.to(target))
        .registry(registry)
        .observer(admin)
        .observer(telemetry);
  }

  void watch(RpcServer server) {
    admin.watch(server);
    telemetry.watch(server);
  }

  void watch(RpcChannel channel) {
    admin.watch(channel);
  }

  @Override
  public void close() {
    curves.close();
  }
}
