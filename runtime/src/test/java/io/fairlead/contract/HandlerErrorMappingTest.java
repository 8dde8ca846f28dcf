package io.fairlead.contract;

import static io.fairlead.contract.EchoLoopback.number;
import static io.fairlead.contract.EchoLoopback.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import com.google.protobuf.Int64Value;
import com.google.protobuf.StringValue;
import com.google.rpc.ErrorInfo;
import io.fairlead.CallContext;
import io.fairlead.RpcException;
import io.fairlead.Source;
import io.fairlead.client.RpcChannel;
import io.fairlead.internal.executor.HandlerExecutor;
import io.fairlead.internal.executor.HandlerPools;
import io.fairlead.observe.StatusOrigin;
import io.fairlead.server.RpcServer;
import io.grpc.CallOptions;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.ClientCalls;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** How calls end: failures of handlers, cancellation, full pools, slow readers. */
@Timeout(60)
class HandlerErrorMappingTest {
  private static final Metadata.Key<String> PUSHBACK =
      Metadata.Key.of("grpc-retry-pushback-ms", Metadata.ASCII_STRING_MARSHALLER);

  @Test
  void anExceptionOfTheHandlerStaysOnItsSide() {
    try (EchoLoopback echoLoopback = saying(() -> new IllegalStateException("secret"))) {
      assertThatThrownBy(() -> echoLoopback.client().say(text("x")))
          .isInstanceOfSatisfying(
              RpcException.class, e -> assertThat(e.code()).isEqualTo(Status.Code.UNKNOWN))
          .hasMessageContaining("the handler of test.v1.Echo/Say failed")
          .hasMessageNotContaining("secret");
    }
  }

  @Test
  void aStatusThatTheHandlerThrowsIsItsAnswer() {
    try (EchoLoopback echoLoopback =
        saying(() -> Status.NOT_FOUND.withDescription("no such thing").asRuntimeException())) {
      assertThatThrownBy(() -> echoLoopback.client().say(text("x")))
          .hasMessage("test.v1.Echo/Say: NOT_FOUND: no such thing");
    }
  }

  @Test
  void aDownstreamFailureLeavesAsInternalNamingTheMethod() {
    try (EchoLoopback echoLoopback = saying(HandlerErrorMappingTest::downstream)) {
      assertThatThrownBy(() -> echoLoopback.client().say(text("x")))
          .hasMessage(
              "test.v1.Echo/Say: INTERNAL: a call of far.v1.Away/Go made by the handler failed with"
                  + " UNAVAILABLE");
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Status.Code.class,
      names = {"CANCELLED", "DEADLINE_EXCEEDED"})
  void aHandlerMayAnswerThatItGaveUpOrRanOutOfTime(Status.Code code) {
    ErrorInfo info = ErrorInfo.newBuilder().setReason("SOLD_OUT").build();
    try (EchoLoopback echoLoopback =
        saying(
            () ->
                StatusProto.toStatusRuntimeException(
                    com.google.rpc.Status.newBuilder()
                        .setCode(code.value())
                        .setMessage("the handler's own")
                        .addDetails(Any.pack(info))
                        .build()))) {
      assertThatThrownBy(() -> echoLoopback.client().say(text("x")))
          .isInstanceOfSatisfying(
              RpcException.class, e -> assertThat(e.detail(ErrorInfo.class)).contains(info))
          .hasMessage("test.v1.Echo/Say: " + code + ": the handler's own");
    }
  }

  @Test
  void aRelayedFailureKeepsItsCode() {
    try (EchoLoopback echoLoopback = saying(() -> downstream().relay())) {
      assertThatThrownBy(() -> echoLoopback.client().say(text("x")))
          .hasMessage("test.v1.Echo/Say: UNAVAILABLE: down");
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Status.Code.class,
      names = {"CANCELLED", "DEADLINE_EXCEEDED"})
  void aCallThatTheHandlerMadeWithAStockStubIsNotTheHandlersOwnAnswer(Status.Code code) {
    Echo failing =
        new Echo() {
          @Override
          public StringValue say(StringValue request) {
            throw code.toStatus().asRuntimeException();
          }
        };
    try (RpcServer server =
            RpcServer.builder("far").host("127.0.0.1").service(EchoRpc.bind(failing)).start();
        RpcChannel far = RpcChannel.to("127.0.0.1:" + server.port()).build()) {
      Echo relaying =
          new Echo() {
            @Override
            public StringValue say(StringValue request) {
              return ClientCalls.blockingUnaryCall(
                  far, EchoRpc.SAY.descriptor(), CallOptions.DEFAULT, request);
            }
          };
      try (EchoLoopback echoLoopback = EchoLoopback.serving(EchoRpc.bind(relaying))) {
        assertThatThrownBy(() -> echoLoopback.client().say(text("x")))
            .hasMessage(
                "test.v1.Echo/Say: INTERNAL: a call made by the handler failed with " + code);
      }
    }
  }

  @Test
  void anUnimplementedMethodDoesNotNameTheClass() {
    try (EchoLoopback echoLoopback = EchoLoopback.serving(EchoRpc.bind(new Echo() {}))) {
      assertThatThrownBy(() -> echoLoopback.client().say(text("x")))
          .hasMessage("UNIMPLEMENTED: method test.v1.Echo/Say is not implemented");
    }
  }

  @Test
  void anErrorComesAfterTheMessagesBeforeIt() {
    Echo handler =
        new Echo() {
          @Override
          public Source<Int64Value> count(Int64Value request) {
            return Source.from(
                out -> {
                  out.send(number(1));
                  out.send(number(2));
                  throw Status.ABORTED.asRuntimeException();
                });
          }
        };
    try (EchoLoopback echoLoopback = EchoLoopback.serving(EchoRpc.bind(handler));
        Source<Int64Value> numbers = echoLoopback.client().count(number(3))) {
      assertThat(numbers.read()).isEqualTo(number(1));
      assertThat(numbers.read()).isEqualTo(number(2));
      assertThatThrownBy(numbers::read)
          .isInstanceOfSatisfying(
              StatusRuntimeException.class,
              e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.ABORTED));
    }
  }

  @Test
  void closingASourceEarlyInterruptsItsProducer() throws InterruptedException {
    CountDownLatch interrupted = new CountDownLatch(1);
    Echo handler =
        new Echo() {
          @Override
          public Source<Int64Value> count(Int64Value request) {
            return Source.from(
                out -> {
                  out.send(number(1));
                  try {
                    new CountDownLatch(1).await();
                  } catch (InterruptedException e) {
                    interrupted.countDown();
                    throw e;
                  }
                });
          }
        };
    try (EchoLoopback echoLoopback = EchoLoopback.serving(EchoRpc.bind(handler))) {
      try (Source<Int64Value> numbers = echoLoopback.client().count(number(3))) {
        assertThat(numbers.read()).isEqualTo(number(1));
      }
      assertThat(interrupted.await(30, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void cancellingTheFutureCancelsTheCall() throws InterruptedException {
    CountDownLatch arrived = new CountDownLatch(1);
    CountDownLatch cancelled = new CountDownLatch(1);
    EchoAsync handler =
        new EchoAsync() {
          @Override
          public CompletionStage<StringValue> say(StringValue request) {
            CallContext.current().onCancel(cancelled::countDown);
            arrived.countDown();
            return new CompletableFuture<>();
          }
        };
    try (EchoLoopback echoLoopback = EchoLoopback.serving(EchoRpc.bindAsync(handler))) {
      CompletableFuture<StringValue> answer =
          echoLoopback.asyncClient().say(text("x")).toCompletableFuture();
      assertThat(arrived.await(30, TimeUnit.SECONDS)).isTrue();
      assertThat(answer.cancel(false)).isTrue();
      assertThat(cancelled.await(30, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void aBlockingCallOnAnEventLoopIsRefusedAtOnce() {
    CompletableFuture<String> seen = new CompletableFuture<>();
    // Held until the continuation hangs on the stage: else that could run on this very thread.
    CompletableFuture<StringValue> held = new CompletableFuture<>();
    EchoAsync holding =
        new EchoAsync() {
          @Override
          public CompletionStage<StringValue> say(StringValue request) {
            return held;
          }
        };
    try (EchoLoopback echoLoopback = EchoLoopback.serving(EchoRpc.bindAsync(holding))) {
      Echo blocking = echoLoopback.client();
      CompletableFuture<Void> done =
          echoLoopback
              .asyncClient()
              .say(text("x"))
              .thenAccept(
                  answer -> {
                    try {
                      seen.complete(blocking.say(answer).getValue());
                    } catch (IllegalStateException e) {
                      seen.complete(String.valueOf(e.getMessage()));
                    }
                  })
              .toCompletableFuture();
      held.complete(text("x"));
      assertThat(done).succeedsWithin(30, TimeUnit.SECONDS);
      assertThat(seen.join()).startsWith("test.v1.Echo/Say would block the event loop grpc-");
    }
  }

  @Test
  void aFullPoolAnswersResourceExhausted() throws Exception {
    CountDownLatch busy = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    Echo handler =
        new Echo() {
          @Override
          public StringValue say(StringValue request) {
            busy.countDown();
            try {
              release.await();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
            return request;
          }
        };
    try (HandlerExecutor handlers = HandlerPools.ofSize("small", 1);
        EchoLoopback echoLoopback = EchoLoopback.serving(EchoRpc.bind(handler), handlers)) {
      CompletableFuture<StringValue> first =
          echoLoopback.asyncClient().say(text("x")).toCompletableFuture();
      assertThat(busy.await(30, TimeUnit.SECONDS)).isTrue();
      assertThatThrownBy(() -> echoLoopback.client().say(text("y")))
          .hasMessage(
              "RESOURCE_EXHAUSTED: no thread to serve test.v1.Echo/Say: the only"
                  + " thread of small is busy")
          .satisfies(
              refused ->
                  assertThat(
                          Objects.requireNonNull(Status.trailersFromThrowable(refused))
                              .get(PUSHBACK))
                      .isEqualTo("100"));
      release.countDown();
      assertThat(first.get(30, TimeUnit.SECONDS)).isEqualTo(text("x"));
    }
  }

  @Test
  void aSourceIsReadOnce() {
    Source<Int64Value> source = Source.of(number(1));
    assertThat(source.toList()).hasSize(1);
    assertThatThrownBy(source::iterator)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("is read once, and toList() reads it; iterator() came second");
  }

  private static RpcException downstream() {
    return RpcException.of(
        "far.v1.Away/Go", Status.UNAVAILABLE.withDescription("down"), null, StatusOrigin.WIRE);
  }

  private static EchoLoopback saying(Supplier<RuntimeException> failure) {
    return EchoLoopback.serving(
        EchoRpc.bind(
            new Echo() {
              @Override
              public StringValue say(StringValue request) {
                throw failure.get();
              }
            }));
  }
}
