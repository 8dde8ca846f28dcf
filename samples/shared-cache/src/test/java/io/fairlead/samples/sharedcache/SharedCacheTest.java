package io.fairlead.samples.sharedcache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fairlead.testkit.ToolAssumption;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class SharedCacheTest {
  private static Redis redis() {
    try {
      return Redis.start();
    } catch (IOException e) {
      throw ToolAssumption.skip("redis-server", "Debian: apt install redis-server");
    }
  }

  @Test
  void equalCallsAreMadeOnceAndNoCallNeedsRedis() throws Exception {
    redis().kill(); // skips where there is none
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    SharedCache.play(new PrintStream(bytes, true, StandardCharsets.UTF_8));
    assertThat(bytes.toString(StandardCharsets.UTF_8).lines())
        .containsExactly(
            "the first process      1000 calls, 0 failed,   1 reached the server",
            "the second process     1000 calls, 0 failed,   0 reached the server",
            "while Redis is paused   100 calls, 0 failed, 100 reached the server",
            "after Redis is killed   100 calls, 0 failed, 100 reached the server");
  }

  @Test
  void valuesComeBackAsTheyWereAndNotAfterTheirTime() throws Exception {
    try (Redis redis = redis();
        RedisStore store = new RedisStore(redis.address(), "a:");
        RedisStore other = new RedisStore(redis.address(), "b:")) {
      byte[] value = new byte[100_000];
      for (int i = 0; i < value.length; i++) {
        value[i] = (byte) (i * 7); // with line ends in it
      }
      List<CompletionStage<?>> all = new ArrayList<>();
      all.add(store.put("large", value, Duration.ofMinutes(1)));
      all.add(store.put("empty", new byte[0], Duration.ofMinutes(1)));
      all.add(store.put("brief", new byte[] {1}, Duration.ofNanos(1)));
      all.forEach(each -> each.toCompletableFuture().join());
      assertThat(store.get("large").toCompletableFuture().join()).isEqualTo(value);
      assertThat(store.get("empty").toCompletableFuture().join()).isEmpty();
      assertThat(store.get("none").toCompletableFuture().join()).isNull();
      assertThat(other.get("large").toCompletableFuture().join()).as("another prefix").isNull();
      while (store.get("brief").toCompletableFuture().join() != null) {
        Thread.onSpinWait();
      }
    }
  }

  @Test
  void aConnectionThatBreaksFailsWhatWaitsAndTheNextCommandMakesAnother() throws Exception {
    try (Redis first = redis()) {
      RedisStore store = new RedisStore(first.address(), "");
      assertThat(store.get("a").toCompletableFuture().join()).isNull();
      first.pause();
      CompletableFuture<byte[]> waiting = store.get("a").toCompletableFuture();
      first.kill();
      assertThatThrownBy(waiting::join)
          .isInstanceOf(CompletionException.class)
          .hasCauseInstanceOf(IOException.class);
      assertThatThrownBy(() -> store.get("a").toCompletableFuture().join())
          .hasCauseInstanceOf(IOException.class);
      store.close();
      assertThatThrownBy(() -> store.get("a").toCompletableFuture().join())
          .hasMessageContaining("the store is closed");
    }
  }

  @Test
  void whatIsNoRedisIsAFailure() throws Exception {
    try (ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      RedisStore store =
          new RedisStore(
              new InetSocketAddress(InetAddress.getLoopbackAddress(), listener.getLocalPort()), "");
      CompletableFuture<byte[]> refused = store.get("a").toCompletableFuture();
      try (Socket socket = listener.accept()) {
        socket
            .getOutputStream()
            .write("-NOAUTH Authentication required.\r\n".getBytes(StandardCharsets.UTF_8));
        assertThatThrownBy(refused::join)
            .hasMessageContaining("Redis says: NOAUTH Authentication required.");
        CompletableFuture<byte[]> odd = store.get("a").toCompletableFuture();
        socket.getOutputStream().write("$many\r\n".getBytes(StandardCharsets.UTF_8));
        assertThatThrownBy(odd::join).hasMessageContaining("no reply of Redis");
      }
      store.close();
    }
  }
}
