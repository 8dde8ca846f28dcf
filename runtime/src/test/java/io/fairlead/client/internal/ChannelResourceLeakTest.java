package io.fairlead.client.internal;

import static io.fairlead.contract.EchoLoopback.number;
import static io.fairlead.contract.EchoLoopback.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.Int64Value;
import com.google.protobuf.StringValue;
import io.fairlead.CallSettings;
import io.fairlead.Pipe;
import io.fairlead.RpcException;
import io.fairlead.Source;
import io.fairlead.client.RpcChannel;
import io.fairlead.contract.Echo;
import io.fairlead.contract.EchoAsync;
import io.fairlead.contract.EchoRpc;
import io.fairlead.policy.HedgingPolicy;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.policy.RetryPolicy;
import io.fairlead.server.RpcServer;
import io.fairlead.testkit.Await;
import io.fairlead.testkit.ResourceLeakCheck;
import io.grpc.ConnectivityState;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whatever a channel was doing: when close() has returned, no thread, socket or buffer is left. */
@Timeout(120)
class ChannelResourceLeakTest {
  /**
   * The server of these tests is grpc-java's own, whose threads stay a while; the channel's not.
   */
  private final ResourceLeakCheck leaks =
      ResourceLeakCheck.before(
          thread ->
              thread.getName().equals("fairlead-cleaner") || thread.getName().startsWith("grpc-"));

  private final Semaphore began = new Semaphore(0);
  private final CountDownLatch over = new CountDownLatch(1);
  private final RpcServer server =
      RpcServer.builder("echo").host("127.0.0.1").service(EchoRpc.bind(new Held())).start();
  private final List<Thread> callers = new ArrayList<>();
  private final List<CompletableFuture<RpcException>> failures = new ArrayList<>();

  @AfterEach
  void nothingIsLeft() throws Exception {
    over.countDown();
    server.close();
    for (Thread caller : callers) {
      caller.join();
    }
    // Each call that was under way has ended, and says why.
    for (CompletableFuture<RpcException> failure : failures) {
      assertThat(failure.join()).isNotNull();
    }
    leaks.assertNone();
  }

  @Test
  void unusedChannelLeavesNothing() {
    to(target()).build().close();
  }

  @Test
  void idleChannelLeavesNothing() {
    try (RpcChannel channel = to(target()).build()) {
      assertThat(EchoRpc.client(channel).say(text("x"))).isEqualTo(text("x"));
    }
  }

  @Test
  void eagerChannelWithoutCallsLeavesNothing() {
    try (RpcChannel lazy = to(target()).build();
        RpcChannel channel = to(target()).connectEagerly().build()) {
      Await.until("the connection", () -> channel.state() == ConnectivityState.READY);
      assertThat(lazy.state()).isEqualTo(ConnectivityState.IDLE);
    }
  }

  @Test
  void channelWithoutAServerLeavesNothing() throws IOException {
    int free;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      free = socket.getLocalPort();
    }
    try (RpcChannel channel = to("127.0.0.1:" + free).connectEagerly().build()) {
      calling(channel, client -> client.say(text("x")));
    }
  }

  @Test
  void channelToASilentServerLeavesNothing() throws Exception {
    // The kernel accepts the connection, and nobody ever reads from it.
    try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        RpcChannel channel = to("127.0.0.1:" + silent.getLocalPort()).connectEagerly().build()) {
      calling(
          channel.with(CallSettings.builder().waitForReady(true).build()),
          client -> client.say(text("x")));
      silent.accept().close();
    }
  }

  @Test
  void closingWithCallsOfEveryShapeLeavesNothing() throws Exception {
    try (RpcChannel channel = to(target()).build();
        Pipe<Int64Value> numbers = Source.pipe();
        Pipe<StringValue> words = Source.pipe()) {
      numbers.send(number(1));
      words.send(text("half"));
      calling(channel, client -> client.say(text("hold")));
      calling(channel, client -> client.count(number(1)).toList());
      calling(channel, client -> client.sum(numbers.source()));
      calling(channel, client -> client.chat(words.source()).toList());
      calling(
          channel,
          client ->
              client.sum(
                  Source.from(
                      out -> {
                        out.send(number(1));
                        over.await();
                      })));
      began.acquire(5);
    }
  }

  @Test
  void closingWithAsyncCallsLeavesNothing() throws Exception {
    CompletableFuture<StringValue> answer;
    try (RpcChannel channel = to(target()).build()) {
      EchoAsync client = EchoRpc.asyncClient(channel);
      CompletionStage<StringValue> stage = client.say(text("hold"));
      answer = stage.toCompletableFuture();
      began.acquire();
    }
    assertThat(catchThrowableOfType(RuntimeException.class, answer::join))
        .hasRootCauseInstanceOf(RpcException.class);
  }

  @Test
  void closingDuringRetryBackoffLeavesNothing() throws Exception {
    MethodPolicy patient =
        MethodPolicy.builder()
            .retry(
                RetryPolicy.builder()
                    .attempts(3)
                    .backoff(Duration.ofMinutes(1))
                    .maxBackoff(Duration.ofMinutes(1))
                    .build())
            .build();
    CountDownLatch failed = new CountDownLatch(1);
    int free;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      free = socket.getLocalPort();
    }
    try (RpcChannel channel =
        to("127.0.0.1:" + free)
            .service(EchoRpc.service())
            .policy(EchoRpc.SAY.fullName(), patient)
            .build()) {
      callers.add(
          start(
              () -> {
                failed.countDown();
                call(channel, client -> client.say(text("x")));
              }));
      failed.await();
    }
  }

  @Test
  void closingWithHedgesInFlightLeavesNothing() throws Exception {
    MethodPolicy hedged =
        MethodPolicy.builder()
            .hedging(HedgingPolicy.builder().attempts(3).delay(Duration.ofMillis(1)).build())
            .build();
    try (RpcChannel channel =
        to(target()).service(EchoRpc.service()).policy(EchoRpc.SAY.fullName(), hedged).build()) {
      calling(channel, client -> client.say(text("hold")));
      began.acquire(3);
    }
  }

  @Test
  void closingFromTwoThreadsLeavesNothing() throws Exception {
    RpcChannel channel = to(target()).build();
    calling(channel, client -> client.say(text("hold")));
    began.acquire();
    Thread other = start(channel::close);
    channel.close();
    other.join();
  }

  @Test
  void closingFromACallbackLeavesNothing() throws Exception {
    RpcChannel channel = to(target()).build();
    CountDownLatch closed = new CountDownLatch(1);
    var unused =
        EchoRpc.asyncClient(channel)
            .say(text("x"))
            .thenRun(
                () -> {
                  channel.close();
                  closed.countDown();
                });
    closed.await();
  }

  private String target() {
    return "127.0.0.1:" + server.port();
  }

  private static RpcChannel.Builder to(String target) {
    return RpcChannel.to(target).shutdownGracePeriod(Duration.ofMillis(20));
  }

  private interface Use {
    Object with(Echo client) throws Exception;
  }

  /** A call that has no end but the channel's. */
  private void calling(io.grpc.Channel channel, Use use) {
    callers.add(start(() -> call(channel, use)));
  }

  private void call(io.grpc.Channel channel, Use use) {
    CompletableFuture<RpcException> failure = new CompletableFuture<>();
    synchronized (failures) {
      failures.add(failure);
    }
    try {
      Object answer = use.with(EchoRpc.client(channel));
      failure.completeExceptionally(new AssertionError("answered with " + answer));
    } catch (RpcException expected) {
      failure.complete(expected);
    } catch (Exception | Error e) {
      failure.completeExceptionally(e);
    }
  }

  private static Thread start(Runnable action) {
    Thread thread = new Thread(action, "caller");
    thread.start();
    return thread;
  }

  private final class Held implements Echo {
    private void hold() {
      began.release();
      try {
        over.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    @Override
    public StringValue say(StringValue request) {
      if (!request.getValue().equals("x")) {
        hold();
      }
      return request;
    }

    @Override
    public Source<Int64Value> count(Int64Value request) {
      return Source.from(
          out -> {
            out.send(request);
            hold();
          });
    }

    @Override
    public Int64Value sum(Source<Int64Value> requests) {
      requests.read();
      hold();
      return Int64Value.getDefaultInstance();
    }

    @Override
    public Source<StringValue> chat(Source<StringValue> requests) {
      began.release();
      return requests;
    }
  }
}
