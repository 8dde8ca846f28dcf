package io.fairlead.registry.etcd;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.fairlead.etcd.embedded.EmbeddedEtcd;
import io.fairlead.testkit.LogCapture;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Something answers at the endpoint, but it is no etcd. */
@Execution(ExecutionMode.CONCURRENT)
final class NotEtcdTest {
  private static final SocketAddress ANY =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

  @Test
  void aWebServerIsNamedOnceAndAnEtcdInItsPlaceWorks() throws IOException {
    HttpServer web = HttpServer.create((InetSocketAddress) ANY, 0);
    web.createContext(
        "/",
        exchange -> {
          exchange.sendResponseHeaders(404, -1);
          exchange.close();
        });
    web.start();
    int port = web.getAddress().getPort();
    try (LogCapture log = LogCapture.of("io.fairlead.registry.etcd");
        EtcdRegistry registry = EtcdRegistry.connect("http://127.0.0.1:" + port)) {
      RecordedResolutions recordedResolutions = RegistryContract.watched(registry, "shop");
      assertNotEtcd(recordedResolutions, port);
      assertThat(log.with("etcd at http://127.0.0.1:" + port + " does not answer")).hasSize(1);
      web.stop(0);
      try (EmbeddedEtcd etcd = EmbeddedEtcd.builder().port(port).start()) {
        RegistryContract.soon("it works", recordedResolutions::absent);
        assertThat(registry.health().endpoint()).contains(etcd.endpoint());
      }
    }
  }

  @Test
  void anotherGrpcServerIsNamed() throws IOException {
    Server server = NettyServerBuilder.forAddress(ANY).build().start();
    try (EtcdRegistry registry = EtcdRegistry.connect("http://127.0.0.1:" + server.getPort())) {
      assertNotEtcd(RegistryContract.watched(registry, "shop"), server.getPort());
    } finally {
      server.shutdownNow();
    }
  }

  @Test
  void aServerOfAnotherProtocolIsNamed() throws IOException {
    try (ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      Thread greeter = new Thread(() -> greet(listener), "greeter");
      greeter.setDaemon(true);
      greeter.start();
      int port = listener.getLocalPort();
      try (EtcdRegistry registry = EtcdRegistry.connect("http://127.0.0.1:" + port)) {
        assertNotEtcd(RegistryContract.watched(registry, "shop"), port);
      }
    }
  }

  private static void greet(ServerSocket listener) {
    while (true) {
      try (Socket client = listener.accept();
          OutputStream out = client.getOutputStream()) {
        out.write("220 mail.example ESMTP ready\r\n".getBytes(StandardCharsets.US_ASCII));
        out.flush();
        client.getInputStream().readNBytes(1);
      } catch (IOException closed) {
        if (listener.isClosed()) {
          return;
        }
      }
    }
  }

  private static void assertNotEtcd(RecordedResolutions recordedResolutions, int port) {
    RegistryContract.soon(
        "refused",
        () -> recordedResolutions.failure().contains("does not answer as an etcd v3 server"));
    assertThat(recordedResolutions.failure())
        .contains("http://127.0.0.1:" + port, "check host and port");
  }
}
