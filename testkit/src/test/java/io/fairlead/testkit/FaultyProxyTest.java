package io.fairlead.testkit;

import static io.fairlead.testkit.FaultyProxy.Direction.TO_CLIENT;
import static io.fairlead.testkit.FaultyProxy.Direction.TO_SERVER;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class FaultyProxyTest {
  private static final int LIMIT_MILLIS = 10_000;

  private final BlockingQueue<Socket> served = new LinkedBlockingQueue<>();
  private ServerSocket listener;
  private FaultyProxy proxy;
  private Socket client;
  private Socket server;

  @BeforeEach
  void connect() throws Exception {
    listener = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
    ProxyThreads.start("test-server", this::acceptAll);
    proxy = FaultyProxy.to("127.0.0.1", listener.getLocalPort());
    client = newClient();
    server = newServed();
    proxy.awaitAccepted(1, Duration.ofSeconds(60));
  }

  @AfterEach
  void close() throws Exception {
    client.close();
    proxy.close();
    listener.close();
  }

  @Test
  void whatIsWrongIsSaidInPlainTimes() {
    assertThatThrownBy(() -> proxy.delay(TO_SERVER, Duration.ofMillis(-1500)))
        .hasMessage("A delay must not be negative: -1.5s");
    assertThatThrownBy(() -> proxy.awaitAccepted(2, Duration.ofMillis(1)))
        .isInstanceOf(AssertionError.class)
        .hasMessage("1 connection came within 1ms, not 2");
  }

  @Test
  void carriesBytesBothWays() throws Exception {
    client.getOutputStream().write("ping".getBytes(UTF_8));
    assertThat(server.getInputStream().readNBytes(4)).asString().isEqualTo("ping");
    server.getOutputStream().write("pong!".getBytes(UTF_8));
    assertThat(client.getInputStream().readNBytes(5)).asString().isEqualTo("pong!");
    assertThat(proxy.bytes(TO_SERVER)).isEqualTo(4);
    assertThat(proxy.bytes(TO_CLIENT)).isEqualTo(5);
    assertThat(proxy.accepted()).isEqualTo(1);
  }

  @Test
  void passesAHalfCloseOn() throws Exception {
    client.shutdownOutput();
    assertThat(server.getInputStream().read()).isEqualTo(-1);
    server.getOutputStream().write(7);
    assertThat(client.getInputStream().read()).isEqualTo(7);
    server.close();
    assertThat(client.getInputStream().read()).isEqualTo(-1);
  }

  @Test
  void cutsOpenConnectionsAndAcceptsNewOnes() throws Exception {
    proxy.cut();
    assertReset(client);
    assertReset(server);
    try (Socket next = newClient()) {
      next.getOutputStream().write(1);
      assertThat(newServed().getInputStream().read()).isEqualTo(1);
    }
  }

  @Test
  void cutsAfterACountOfBytes() throws Exception {
    proxy.cutAfter(TO_SERVER, 3);
    client.getOutputStream().write(new byte[] {1, 2, 3, 4, 5});
    assertThat(server.getInputStream().readNBytes(3)).containsExactly(1, 2, 3);
    assertReset(server);
    assertReset(client);
    assertThat(proxy.bytes(TO_SERVER)).isEqualTo(3);
  }

  @Test
  void refusesNewConnectionsAndListensAgainOnTheSamePort() throws Exception {
    proxy.refuse();
    assertThatThrownBy(this::newClient).isInstanceOf(ConnectException.class);
    client.getOutputStream().write(1);
    assertThat(server.getInputStream().read()).isEqualTo(1);

    proxy.accept();
    try (Socket next = newClient()) {
      next.getOutputStream().write(2);
      assertThat(newServed().getInputStream().read()).isEqualTo(2);
    }
  }

  @Test
  void aBlackHoleHoldsOneDirectionUntilHealed() throws Exception {
    proxy.blackHole(TO_CLIENT);
    client.getOutputStream().write(1);
    assertThat(server.getInputStream().read()).isEqualTo(1);
    server.getOutputStream().write(2);
    server.close();
    assertSilent(client);

    proxy.heal();
    assertThat(client.getInputStream().read()).isEqualTo(2);
    assertThat(client.getInputStream().read()).isEqualTo(-1);
  }

  @Test
  void aBlackHoleSwallowsTheNewsOfAReset() throws Exception {
    proxy.blackHole();
    server.setSoLinger(true, 0);
    server.close();
    assertSilent(client);

    proxy.heal();
    assertReset(client);
  }

  @Test
  void anAbandonedConnectionIsSilentForGood() throws Exception {
    proxy.abandon();
    assertReset(server);
    client.getOutputStream().write(new byte[100]);
    proxy.heal();
    assertSilent(client);
  }

  @Test
  void delaysBytesInOrder() throws Exception {
    proxy.delay(TO_SERVER, Duration.ofMillis(30));
    long start = System.nanoTime();
    client.getOutputStream().write(1);
    client.getOutputStream().write(2);
    assertThat(server.getInputStream().readNBytes(2)).containsExactly(1, 2);
    assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(30_000_000);
  }

  @Test
  void aServerThatDoesNotListenLooksLikeAReset() throws Exception {
    // Bound but not listening: the port refuses, and nobody else on the machine can take it.
    try (Socket holder = new Socket()) {
      holder.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      try (FaultyProxy other = FaultyProxy.to("127.0.0.1", holder.getLocalPort());
          Socket next = new Socket(other.address().getAddress(), other.port())) {
        next.setSoTimeout(LIMIT_MILLIS);
        assertReset(next);
      }
    }
  }

  @Test
  void leavesNoThreadBehind() throws Exception {
    ThreadLeakCheck check = ThreadLeakCheck.start();
    FaultyProxy other = FaultyProxy.to("127.0.0.1", listener.getLocalPort());
    Socket first = new Socket(other.address().getAddress(), other.port());
    newServed();
    other.awaitAccepted(1, Duration.ofSeconds(60));

    other.close();
    first.close();
    check.assertNoneLeft();
  }

  private static void assertReset(Socket socket) {
    assertThatThrownBy(() -> socket.getInputStream().read()).isInstanceOf(SocketException.class);
  }

  private static void assertSilent(Socket socket) throws IOException {
    socket.setSoTimeout(50);
    assertThatThrownBy(() -> socket.getInputStream().read())
        .isInstanceOf(SocketTimeoutException.class);
    socket.setSoTimeout(LIMIT_MILLIS);
  }

  private Socket newClient() throws IOException {
    Socket socket = new Socket(proxy.address().getAddress(), proxy.port());
    socket.setSoTimeout(LIMIT_MILLIS);
    return socket;
  }

  private Socket newServed() throws Exception {
    Socket socket = served.poll(10, TimeUnit.SECONDS);
    assertThat(socket).as("the connection at the server").isNotNull();
    socket.setSoTimeout(LIMIT_MILLIS);
    return socket;
  }

  private void acceptAll() {
    try {
      while (true) {
        served.add(listener.accept());
      }
    } catch (IOException e) {
      // The test is over.
    }
  }
}
