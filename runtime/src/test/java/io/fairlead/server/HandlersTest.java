package io.fairlead.server;

import static io.fairlead.contract.EchoLoopback.number;
import static io.fairlead.contract.EchoLoopback.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.Int64Value;
import com.google.protobuf.StringValue;
import io.fairlead.CallSettings;
import io.fairlead.Source;
import io.fairlead.client.RpcChannel;
import io.fairlead.contract.EchoRpc;
import io.fairlead.contract.MethodContract;
import io.fairlead.contract.ServiceContract;
import io.fairlead.contract.client.AsyncClientCalls;
import io.fairlead.contract.server.ServiceBinding;
import io.fairlead.internal.executor.EventLoopBlockDetector;
import io.fairlead.security.Authorizer;
import io.fairlead.security.Caller;
import io.fairlead.testkit.Await;
import io.fairlead.testkit.LogCapture;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a handler's code feels of its caller, and what others feel of the handler's code. */
@Timeout(120)
class HandlersTest {
  private static final Metadata.Key<String> TIMEOUT =
      Metadata.Key.of("grpc-timeout", Metadata.ASCII_STRING_MARSHALLER);

  @RegisterExtension final RunningServerExtension running = new RunningServerExtension();
  private final HoldingHandler holding = new HoldingHandler(false);

  @Test
  void aCancelledCallInterruptsItsHandler() throws Exception {
    RpcChannel channel = channel(running.start(serving(holding)));
    CompletableFuture<StringValue> call =
        EchoRpc.asyncClient(channel).say(text("hold")).toCompletableFuture();
    holding.awaitHeld(1);
    call.cancel(true);
    holding.awaitInterrupted();
  }

  @Test
  void aDeadlineThatPassesInterruptsTheHandler() throws Exception {
    RpcChannel channel = channel(running.start(serving(holding)));
    CallSettings brief = CallSettings.builder().deadline(Duration.ofMillis(200)).build();
    // On a slow machine a call may not come as far as its handler in time.
    while (!holding.holds()) {
      StatusRuntimeException late =
          catchThrowableOfType(
              StatusRuntimeException.class,
              () -> EchoRpc.client(channel.with(brief)).say(text("hold")));
      assertThat(late.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    }
    holding.awaitInterrupted();
  }

  @Test
  void aReaderThatLeavesEarlyInterruptsTheGenerator() throws Exception {
    RpcChannel channel = channel(running.start(serving(holding)));
    try (Source<Int64Value> numbers = EchoRpc.client(channel).count(number(1))) {
      assertThat(numbers.read()).isEqualTo(number(1));
      holding.awaitHeld(1);
    }
    holding.awaitInterrupted();
  }

  @Test
  void anExpiredCallDoesNotReachItsHandler() {
    AtomicInteger ran = new AtomicInteger();
    RpcServer server =
        running.start(
            RpcServer.builder("echo")
                .host("127.0.0.1")
                .service(
                    EchoRpc.bind(
                        context -> {
                          ran.incrementAndGet();
                          return holding;
                        }))
                .service(
                    EchoMethod.serving(
                        text -> {
                          ran.incrementAndGet();
                          return text;
                        })));
    RpcChannel channel = channel(server);
    // As a peer sends it whose clock has a nanosecond left; grpc-java itself would send nothing.
    CallSettings expired = CallSettings.builder().header(TIMEOUT, "1n").build();
    assertThat(
            catchThrowableOfType(
                StatusRuntimeException.class,
                () -> EchoRpc.client(channel.with(expired)).say(text("x"))))
        .isNotNull();
    assertThat(
            catchThrowableOfType(
                StatusRuntimeException.class, () -> EchoMethod.say(channel.with(expired), "x")))
        .isNotNull();
    server.close();
    assertThat(ran).hasValue(0);
  }

  @Test
  void asyncCodeThatBlocksALoopIsReportedOnce() throws Exception {
    // Of its own, as a method is reported once in the life of a process.
    MethodContract<StringValue, StringValue> hold =
        MethodContract.unary(
                "test.v1.LoopHolder",
                "Hold",
                StringValue.getDefaultInstance(),
                StringValue.getDefaultInstance())
            .build();
    ServiceContract service =
        ServiceContract.of(
            "test.v1.LoopHolder", com.google.protobuf.WrappersProto::getDescriptor, hold);
    CountDownLatch seen = new CountDownLatch(1);
    RpcServer server =
        running.start(
            RpcServer.builder("holder")
                .host("127.0.0.1")
                .service(
                    ServiceBinding.async(service, call -> seen)
                        .unary(
                            hold,
                            (latch, request) -> {
                              holdTheLoop(latch);
                              return CompletableFuture.completedFuture(request);
                            })
                        .build()));
    RpcChannel channel = channel(server);
    try (LogCapture log = LogCapture.of(EventLoopBlockDetector.class.getName())) {
      CompletableFuture<StringValue> first = call(channel, hold);
      Await.until("the block is logged", () -> of(log, hold) > 0);
      seen.countDown();
      first.get();
      assertThat(log.warnings())
          .filteredOn(line -> line.contains(hold.fullName()))
          .singleElement()
          .asString()
          .startsWith("async code of test.v1.LoopHolder/Hold has held the event loop")
          .contains("fairlead-server-loop")
          .contains("HandlersTest.holdTheLoop");
      call(channel, hold).get();
      assertThat(of(log, hold)).isEqualTo(1);
    }
  }

  @Test
  void authorizerThatBlocksALoopIsReportedByItsMethod() throws Exception {
    CountDownLatch seen = new CountDownLatch(1);
    RpcServer server =
        running.start(
            RpcServer.builder("guarded")
                .host("127.0.0.1")
                .service(EchoMethod.serving(text -> text))
                .authorizer(
                    request -> {
                      holdTheLoop(seen);
                      return CompletableFuture.completedFuture(
                          new Authorizer.Verdict.Allowed(new Caller("ann", Set.of())));
                    }));
    RpcChannel channel = channel(server);
    try (LogCapture log = LogCapture.of(EventLoopBlockDetector.class.getName())) {
      CompletableFuture<String> answer =
          CompletableFuture.supplyAsync(() -> EchoMethod.say(channel, "x"));
      String named = "async code of the authorizer of test.Echo/Say has held the event loop";
      Await.until(
          "the block is logged",
          () -> log.warnings().stream().anyMatch(line -> line.startsWith(named)));
      seen.countDown();
      assertThat(answer.get(60, TimeUnit.SECONDS)).isEqualTo("x");
      assertThat(log.warnings())
          .filteredOn(line -> line.startsWith(named))
          .singleElement()
          .asString()
          .contains("HandlersTest.holdTheLoop");
    }
  }

  private static long of(LogCapture log, MethodContract<?, ?> method) {
    return log.warnings().stream().filter(line -> line.contains(method.fullName())).count();
  }

  private static CompletableFuture<StringValue> call(
      RpcChannel channel, MethodContract<StringValue, StringValue> method) {
    return AsyncClientCalls.over(channel).unary(method, text("x")).toCompletableFuture();
  }

  private static void holdTheLoop(CountDownLatch over) {
    try {
      over.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static RpcServer.Builder serving(HoldingHandler handler) {
    return RpcServer.builder("echo")
        .host("127.0.0.1")
        .service(EchoRpc.bind(handler))
        .timeouts(timeouts -> timeouts.drainTimeout(Duration.ofSeconds(1)));
  }

  private RpcChannel channel(RpcServer server) {
    return running.add(RpcChannel.to("127.0.0.1:" + server.port()).build());
  }
}
