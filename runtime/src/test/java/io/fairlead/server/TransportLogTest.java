package io.fairlead.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Int64Value;
import io.fairlead.RpcException;
import io.fairlead.Source;
import io.fairlead.client.RpcChannel;
import io.fairlead.contract.Echo;
import io.fairlead.contract.EchoRpc;
import io.fairlead.testkit.Await;
import io.fairlead.testkit.FaultyProxy;
import io.fairlead.testkit.LogCapture;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What the log says of clients that go away, or are none of gRPC. */
@Timeout(120)
class TransportLogTest {
  @RegisterExtension final RunningServerExtension running = new RunningServerExtension();

  private RpcServer serving(Echo handler) {
    return running.start(
        RpcServer.builder("echo").host("127.0.0.1").service(EchoRpc.bind(handler)));
  }

  private static void send(RpcServer server, byte[] bytes) throws IOException {
    try (Socket client = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      client.getOutputStream().write(bytes);
      byte[] unused = client.getInputStream().readAllBytes();
    }
  }

  @Test
  void aClientOfAnotherProtocolIsOnePlainLine() throws IOException {
    RpcServer server = serving(new Echo() {});
    try (LogCapture logs = LogCapture.of("io.grpc.netty")) {
      send(server, "GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      assertThat(logs.awaitFirst(() -> {}))
          .startsWith("a connection failed: Unexpected HTTP/1.x request: GET /")
          .contains("; this port speaks gRPC over HTTP/2");
      // Another mistake is not hidden by the first.
      byte[] hello = new byte[40];
      hello[0] = 0x16;
      hello[1] = 3;
      send(server, hello);
      Await.until(
          "the other mistake is logged",
          () -> !logs.with("the client speaks TLS, and this port does not").isEmpty());
      assertThat(logs.lines()).hasSize(2);
      assertThat(logs.withStack()).isEmpty();
    }
  }

  @Test
  void aClientThatGoesAwayIsOnePlainLine() throws IOException {
    CompletableFuture<Thread> handler = new CompletableFuture<>();
    RpcServer server =
        serving(
            new Echo() {
              @Override
              public Source<Int64Value> count(Int64Value request) {
                return Source.from(
                    out -> {
                      handler.complete(Thread.currentThread());
                      while (true) {
                        out.send(request);
                      }
                    });
              }
            });
    try (FaultyProxy proxy = FaultyProxy.to("127.0.0.1", server.port());
        RpcChannel channel = RpcChannel.to(proxy.authority()).build();
        LogCapture logs = LogCapture.of("io.grpc.netty")) {
      Source<Int64Value> endless = EchoRpc.client(channel).count(Int64Value.of(1));
      assertThat(endless.read()).isEqualTo(Int64Value.of(1));
      // It waits only while messages are left that no window has room for.
      Thread writer = handler.join();
      Await.until("the handler waits", () -> writer.getState() == Thread.State.WAITING);
      proxy.cut();
      assertThat(logs.awaitFirst(() -> {}))
          .startsWith("a client has gone while it was sent a response: Stream closed");
      // To the end: what came before the cut is in the buffers of the client.
      assertThatThrownBy(() -> endless.sendTo(message -> {})).isInstanceOf(RpcException.class);
      assertThat(logs.withStack()).isEmpty();
    }
  }
}
