package io.fairlead.server;

import static io.fairlead.contract.EchoLoopback.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.StringValue;
import io.fairlead.client.RpcChannel;
import io.fairlead.contract.EchoRpc;
import io.fairlead.discovery.Endpoint;
import io.fairlead.discovery.InMemoryRegistry;
import io.fairlead.discovery.Registration;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.policy.RetryPolicy;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Servers in processes of their own, which die. */
@Timeout(300)
class KillTest {
  private static final int SERVERS = 3;

  /** Two are enough to see that it works; more look for what is rare. */
  private static final int ROUNDS = Integer.getInteger("fairlead.killRounds", 2);

  private static final int CALLERS = 4;
  private static final int CALLS_BETWEEN = 20;
  private static final long PATIENCE = TimeUnit.SECONDS.toNanos(120);

  private final InMemoryRegistry registry = new InMemoryRegistry();
  private final AtomicIntegerArray answered = new AtomicIntegerArray(SERVERS);
  private final ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean stop = new AtomicBoolean();

  /** Nothing tells the channel: the registry goes on listing the dead, as until a lease ends. */
  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void killedServersCostNoIdempotentCall() throws Exception {
    MethodPolicy repeated =
        MethodPolicy.builder()
            .deadline(Duration.ofMinutes(2))
            .retry(RetryPolicy.builder().attempts(4).backoff(Duration.ofMillis(10)).build())
            .build();
    List<ServedProcess> servers = new ArrayList<>();
    List<Registration> entries = new ArrayList<>();
    ExecutorService callers = Executors.newFixedThreadPool(CALLERS);
    try (RpcChannel channel =
        RpcChannel.to("memory:///echo")
            .registry(registry)
            .service(EchoRpc.service())
            .policy(EchoRpc.SAY.fullName(), repeated)
            .build()) {
      for (int i = 0; i < SERVERS; i++) {
        servers.add(ServedProcess.start(Integer.toString(i)));
        entries.add(register(i, 0, servers.get(i)));
      }
      for (int i = 0; i < CALLERS; i++) {
        callers.execute(() -> load(channel));
      }
      for (int round = 1; round <= ROUNDS; round++) {
        for (int i = 0; i < SERVERS; i++) {
          awaitCalls(i);
          servers.get(i).kill();
          servers.set(i, ServedProcess.start(Integer.toString(i)));
          Registration dead = entries.set(i, register(i, round, servers.get(i)));
          dead.close();
        }
      }
      for (int i = 0; i < SERVERS; i++) {
        awaitCalls(i);
      }
      stop.set(true);
      callers.shutdown();
      assertThat(callers.awaitTermination(120, TimeUnit.SECONDS)).isTrue();
    } finally {
      stop.set(true);
      callers.shutdownNow();
      servers.forEach(ServedProcess::close);
    }
    assertThat(failures).isEmpty();
  }

  private Registration register(int number, int round, ServedProcess server) {
    return registry.register(
        "echo", Endpoint.of("echo-" + number + "-" + round, "127.0.0.1", server.port()));
  }

  private void load(RpcChannel channel) {
    while (!stop.get()) {
      try {
        String who = EchoRpc.client(channel).say(text("who")).getValue();
        answered.incrementAndGet(Integer.parseInt(who));
      } catch (RuntimeException e) {
        failures.add(e);
      }
    }
  }

  /** The server takes part in the load. */
  private void awaitCalls(int number) {
    int wanted = answered.get(number) + CALLS_BETWEEN;
    long end = System.nanoTime() + PATIENCE;
    while (answered.get(number) < wanted) {
      assertThat(failures).isEmpty();
      assertThat(System.nanoTime() - end).as("server %s takes no calls", number).isNegative();
      LockSupport.parkNanos(1_000_000);
    }
  }

  /** As a container platform does it: the signal, and the process ends when its calls have. */
  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void signalShutsTheServerDownGracefully() throws Exception {
    try (ServedProcess server = ServedProcess.start("signalled");
        RpcChannel channel = RpcChannel.to("127.0.0.1:" + server.port()).build()) {
      CompletableFuture<StringValue> call =
          EchoRpc.asyncClient(channel).say(text("hold")).toCompletableFuture();
      server.awaitHeld();
      server.terminate();
      awaitClosed(server.port());
      server.letGo();
      assertThat(call.get(120, TimeUnit.SECONDS)).isEqualTo(text("signalled"));
      // 128 and the number of the signal: the process ended by it, after the server had closed.
      assertThat(server.awaitExit()).isEqualTo(143);
    }
  }

  private static void awaitClosed(int port) throws IOException {
    long end = System.nanoTime() + PATIENCE;
    while (System.nanoTime() - end < 0) {
      try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
        assertThat(socket.isConnected()).isTrue();
        LockSupport.parkNanos(1_000_000);
      } catch (ConnectException closed) {
        return;
      } catch (SocketException reset) {
        // Caught in the line of the port while it closed: the next one is refused.
        LockSupport.parkNanos(1_000_000);
      }
    }
    throw new AssertionError("port " + port + " is still open");
  }
}
