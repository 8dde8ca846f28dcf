package io.fairlead.server;

import static io.fairlead.contract.EchoLoopback.number;
import static io.fairlead.contract.EchoLoopback.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Int64Value;
import com.google.protobuf.StringValue;
import io.fairlead.Pipe;
import io.fairlead.Source;
import io.fairlead.client.RpcChannel;
import io.fairlead.contract.EchoAsync;
import io.fairlead.contract.EchoRpc;
import io.fairlead.discovery.InMemoryRegistry;
import io.fairlead.lifecycle.ServerState;
import io.fairlead.testkit.ResourceLeakCheck;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever a server was doing: when close() has returned, no thread, socket or buffer is left. */
@Timeout(120)
class ServerResourceLeakTest {
  /** The one thread that all streams and builders of the process share, for as long as it runs. */
  private final ResourceLeakCheck leaks =
      ResourceLeakCheck.before(thread -> thread.getName().equals("fairlead-cleaner"));

  private final HoldingHandler holding = new HoldingHandler(false);
  private final List<Thread> callers = new ArrayList<>();

  @AfterEach
  void nothingIsLeft() throws InterruptedException {
    for (Thread caller : callers) {
      caller.join();
    }
    leaks.assertNone();
  }

  @Test
  void uncalledServerLeavesNothing() {
    RpcServer server = serving(holding).start();
    server.close();
  }

  @Test
  void idleServerWithAConnectionLeavesNothing() {
    RpcServer server = serving(holding).start();
    try (RpcChannel channel = to(server)) {
      assertThat(EchoRpc.client(channel).say(text("x"))).isEqualTo(text("x"));
      server.close();
      assertThat(server.state().phase()).isEqualTo(ServerState.Phase.CLOSED);
      assertThat(server.state().detail()).isEqualTo("nothing is left");
    }
  }

  @Test
  void closingWithCallsOfEveryShapeLeavesNothing() throws Exception {
    RpcServer server = serving(holding).start();
    try (RpcChannel channel = to(server);
        Pipe<Int64Value> numbers = Source.pipe();
        Pipe<StringValue> words = Source.pipe()) {
      calling(() -> EchoRpc.client(channel).say(text("hold")));
      calling(() -> EchoRpc.client(channel).count(number(1)).toList());
      numbers.send(number(1));
      calling(() -> EchoRpc.client(channel).sum(numbers.source()));
      words.send(text("half"));
      calling(() -> EchoRpc.client(channel).chat(words.source()).toList());
      holding.awaitHeld(4);
      server.close();
      assertThat(server.history())
          .extracting(ServerState::phase)
          .contains(ServerState.Phase.FORCED)
          .endsWith(ServerState.Phase.CLOSED);
      assertThat(server.state().detail()).isEqualTo("nothing is left");
    }
  }

  @Test
  void callerLeavingBeforeTheTrailersLeavesNothing() {
    CompletableFuture<CompletableFuture<StringValue>> caller = new CompletableFuture<>();
    RpcServer server =
        RpcServer.builder("echo")
            .port(0)
            .service(
                ServerInterceptors.intercept(
                    EchoRpc.bind(holding), new LeavesAfterTheMessage(caller)))
            .start();
    try (RpcChannel channel = to(server)) {
      CompletableFuture<StringValue> answer =
          EchoRpc.asyncClient(channel).say(text("x")).toCompletableFuture();
      caller.complete(answer);
      assertThatThrownBy(answer::get).isInstanceOf(CancellationException.class);
      server.close();
      assertThat(server.state().detail()).isEqualTo("nothing is left");
    }
  }

  /** Cancels the call when its answer is in grpc-java's hands, and waits until the server knows. */
  private record LeavesAfterTheMessage(CompletableFuture<CompletableFuture<StringValue>> caller)
      implements ServerInterceptor {
    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
      return next.startCall(
          new SimpleForwardingServerCall<Q, R>(call) {
            @Override
            public void sendMessage(R message) {
              super.sendMessage(message);
              caller.join().cancel(true);
              while (!isCancelled()) {
                LockSupport.parkNanos(100_000);
              }
            }
          },
          headers);
    }
  }

  @Test
  void closingWithAsyncCallsLeavesNothing() throws Exception {
    CountDownLatch held = new CountDownLatch(1);
    EchoAsync never =
        new EchoAsync() {
          @Override
          public CompletionStage<StringValue> say(StringValue request) {
            held.countDown();
            return new CompletableFuture<>();
          }
        };
    RpcServer server = impatient().service(EchoRpc.bindAsync(never)).start();
    try (RpcChannel channel = to(server)) {
      calling(() -> EchoRpc.client(channel).say(text("hold")));
      held.await();
      server.close();
    }
  }

  @Test
  void closingWithStockHandlersLeavesNothing() throws Exception {
    CountDownLatch held = new CountDownLatch(1);
    CountDownLatch over = new CountDownLatch(1);
    RpcServer server =
        impatient()
            .service(
                EchoMethod.serving(
                    text -> {
                      held.countDown();
                      try {
                        over.await();
                      } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                      }
                      return text;
                    }))
            .timeouts(timeouts -> timeouts.forceCloseTimeout(Duration.ofMillis(50)))
            .start();
    try (RpcChannel channel = to(server)) {
      calling(() -> EchoMethod.say(channel, "hold"));
      held.await();
      server.close();
      // Code that we did not generate may not expect interrupts, so it gets none.
      assertThat(server.state().detail())
          .startsWith(
              "left behind after 50ms: 1 handler still running although the calls are over");
      over.countDown();
    }
  }

  @Test
  void closingWithAStubbornHandlerLeavesNothing() throws Exception {
    HoldingHandler stubborn = new HoldingHandler(true);
    RpcServer server =
        serving(stubborn)
            .timeouts(timeouts -> timeouts.forceCloseTimeout(Duration.ofMillis(50)))
            .start();
    try (RpcChannel channel = to(server)) {
      calling(() -> EchoRpc.client(channel).say(text("hold")));
      stubborn.awaitHeld(1);
      server.close();
      assertThat(server.state().detail()).contains("1 handler still running");
      stubborn.awaitInterrupted();
      stubborn.letGo();
    }
  }

  @Test
  void closingWithQueuedCallsLeavesNothing() throws Exception {
    RpcServer server =
        serving(holding)
            .limits(limits -> limits.maxConcurrentCalls(1).queueLimit(10, Duration.ofMinutes(10)))
            .start();
    try (RpcChannel channel = to(server)) {
      calling(() -> EchoRpc.client(channel).say(text("hold")));
      holding.awaitHeld(1);
      calling(() -> EchoRpc.client(channel).say(text("wait")));
      server.close();
    }
  }

  @Test
  void closingTwiceWhileDrainingLeavesNothing() throws Exception {
    RpcServer server =
        serving(holding).timeouts(timeouts -> timeouts.drainTimeout(Duration.ofMinutes(1))).start();
    try (RpcChannel channel = to(server)) {
      CompletableFuture<StringValue> answer = new CompletableFuture<>();
      callers.add(start(() -> answer.complete(EchoRpc.client(channel).say(text("hold")))));
      holding.awaitHeld(1);
      callers.add(start(server::close));
      callers.add(start(server::close));
      holding.letGo();
      server.close();
      // Draining means that a call under way is answered.
      assertThat(answer.join()).isEqualTo(text("hold"));
      assertThat(server.history())
          .extracting(ServerState::phase)
          .containsOnlyOnce(ServerState.Phase.CLOSED)
          .contains(ServerState.Phase.DRAINED);
    }
  }

  @Test
  void closingWithItsOwnRegistryLeavesNothing() {
    try (InMemoryRegistry registry = new InMemoryRegistry()) {
      RpcServer server =
          serving(holding)
              .registry(registry)
              .timeouts(timeouts -> timeouts.deregistrationDelay(Duration.ZERO))
              .start();
      try (RpcChannel channel = RpcChannel.to("memory:///echo").registry(registry).build()) {
        assertThat(EchoRpc.client(channel).say(text("x"))).isEqualTo(text("x"));
        server.close();
      }
    }
  }

  @Test
  void startOnATakenPortLeavesNothing() {
    try (RpcServer first = serving(holding).start()) {
      RpcServer.Builder second = serving(holding).port(first.port());
      assertThatThrownBy(second::start).hasMessageContaining("another process has it");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void startThatIsNeverReadyLeavesNothing(boolean hangs) {
    CountDownLatch never = new CountDownLatch(1);
    RpcServer.Builder builder =
        serving(holding)
            .readiness(
                "database",
                () -> {
                  if (hangs) {
                    never.await();
                  }
                  return false;
                })
            .timeouts(timeouts -> timeouts.startupTimeout(Duration.ofMillis(50)));
    assertThatThrownBy(builder::start).hasMessageContaining("was not ready within 50ms");
  }

  private static RpcServer.Builder serving(HoldingHandler handler) {
    return impatient().service(EchoRpc.bind(handler));
  }

  private static RpcServer.Builder impatient() {
    return RpcServer.builder("echo")
        .host("127.0.0.1")
        .timeouts(timeouts -> timeouts.drainTimeout(Duration.ofMillis(50)));
  }

  private static RpcChannel to(RpcServer server) {
    return RpcChannel.to("127.0.0.1:" + server.port()).build();
  }

  /** A call whose end is the server's doing; nothing is asked of its answer. */
  private void calling(Runnable call) {
    callers.add(
        start(
            () -> {
              try {
                call.run();
              } catch (StatusRuntimeException cut) {
                assertThat(cut.getStatus().getCode()).isNotNull();
              }
            }));
  }

  private static Thread start(Runnable action) {
    Thread thread = new Thread(action, "caller");
    thread.start();
    return thread;
  }
}
