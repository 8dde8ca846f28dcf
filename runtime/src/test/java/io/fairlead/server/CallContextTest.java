package io.fairlead.server;

import static io.fairlead.contract.EchoLoopback.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.StringValue;
import io.fairlead.CallContext;
import io.fairlead.CallSettings;
import io.fairlead.ResponseCapture;
import io.fairlead.client.RpcChannel;
import io.fairlead.contract.Echo;
import io.fairlead.contract.EchoAsync;
import io.fairlead.contract.EchoRpc;
import io.fairlead.internal.executor.EventLoops;
import io.grpc.Metadata;
import io.grpc.ServerServiceDefinition;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a handler knows of its call, and hands on to the calls that it makes itself. */
@Timeout(120)
class CallContextTest {
  private static final Metadata.Key<String> NOTE =
      Metadata.Key.of("x-note", Metadata.ASCII_STRING_MARSHALLER);

  @RegisterExtension final RunningServerExtension running = new RunningServerExtension();

  private RpcChannel serve(ServerServiceDefinition service) {
    RpcServer server = running.start(RpcServer.builder("echo").host("127.0.0.1").service(service));
    return running.add(RpcChannel.to("127.0.0.1:" + server.port()).build());
  }

  private static CallSettings deadline(Duration deadline) {
    return CallSettings.builder().deadline(deadline).build();
  }

  @Test
  void handlerSeesCallerHeadersAndDeadline() {
    CompletableFuture<CallContext> seen = new CompletableFuture<>();
    CompletableFuture<Duration> remaining = new CompletableFuture<>();
    RpcChannel channel =
        serve(
            EchoRpc.bind(
                call ->
                    new Echo() {
                      @Override
                      public StringValue say(StringValue request) {
                        assertThat(CallContext.current()).isSameAs(call);
                        remaining.complete(call.remaining().orElseThrow());
                        seen.complete(call);
                        call.responseHeaders().put(NOTE, "first");
                        call.responseTrailers().put(NOTE, "last");
                        return request;
                      }
                    }));
    ResponseCapture capture = new ResponseCapture();
    CallSettings settings =
        CallSettings.builder()
            .deadline(Duration.ofSeconds(100))
            .header("x-caller", "ann")
            .capture(capture)
            .build();
    assertThat(EchoRpc.client(channel.with(settings)).say(text("x"))).isEqualTo(text("x"));

    CallContext call = seen.join();
    assertThat(call.method()).isEqualTo("test.v1.Echo/Say");
    assertThat(call.peer().orElseThrow())
        .isInstanceOfSatisfying(
            InetSocketAddress.class,
            peer -> assertThat(peer.getAddress().isLoopbackAddress()).isTrue());
    assertThat(call.header("x-caller")).contains("ann");
    assertThat(call.header("x-nobody")).isEmpty();
    assertThat(call.authority().orElseThrow()).startsWith("127.0.0.1:");
    assertThat(call.deadline()).isPresent();
    assertThat(remaining.join()).isBetween(Duration.ofNanos(1), Duration.ofSeconds(100));
    assertThat(Objects.requireNonNull(capture.headers()).get(NOTE)).isEqualTo("first");
    assertThat(Objects.requireNonNull(capture.trailers()).get(NOTE)).isEqualTo("last");
  }

  @Test
  void aHeaderThatIsNoAsciiIsRefusedWhereItIsSet() {
    assertThatThrownBy(() -> CallSettings.builder().header("x-caller", "Zo\u00eb"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "the header x-caller has the value \"Zo\u00eb\", and a text header takes printable"
                + " ASCII only; encode it, or send bytes with a key of"
                + " Metadata.BINARY_BYTE_MARSHALLER, whose name ends in -bin");
  }

  @Test
  void outsideOfACallThereIsNoContextAndItSaysSo() {
    assertThat(CallContext.find()).isEmpty();
    assertThatThrownBy(CallContext::current)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining(
            "no call is being served on thread " + Thread.currentThread().getName());
  }

  /** Which code makes the call further on. */
  enum Made {
    BY_A_BLOCKING_HANDLER,
    BY_AN_ASYNC_HANDLER,
    BY_A_CONTINUATION_ON_ANOTHER_THREAD
  }

  /** Holds every call, and says how much time it was given. */
  private static final class Far implements EchoAsync {
    final CompletableFuture<Duration> remaining = new CompletableFuture<>();
    final CountDownLatch cancelled = new CountDownLatch(1);

    @Override
    public CompletionStage<StringValue> say(StringValue request) {
      CallContext call = CallContext.current();
      call.onCancel(cancelled::countDown);
      remaining.complete(call.remaining().orElse(Duration.ZERO));
      return new CompletableFuture<>();
    }
  }

  private ServerServiceDefinition near(Made made, RpcChannel far, ExecutorService elsewhere) {
    return switch (made) {
      case BY_A_BLOCKING_HANDLER ->
          EchoRpc.bind(
              new Echo() {
                @Override
                public StringValue say(StringValue request) {
                  return EchoRpc.client(far).say(request);
                }
              });
      case BY_AN_ASYNC_HANDLER ->
          EchoRpc.bindAsync(
              new EchoAsync() {
                @Override
                public CompletionStage<StringValue> say(StringValue request) {
                  return EchoRpc.asyncClient(far).say(request);
                }
              });
      case BY_A_CONTINUATION_ON_ANOTHER_THREAD ->
          EchoRpc.bindAsync(
              call ->
                  new EchoAsync() {
                    @Override
                    public CompletionStage<StringValue> say(StringValue request) {
                      return CompletableFuture.completedFuture(request)
                          .thenComposeAsync(
                              it -> EchoRpc.asyncClient(call.channel(far)).say(it), elsewhere);
                    }
                  });
    };
  }

  @ParameterizedTest
  @EnumSource
  void outboundCallInheritsDeadlineAndCancellation(Made made) throws Exception {
    ExecutorService elsewhere = Executors.newSingleThreadExecutor();
    try {
      Far handler = new Far();
      RpcChannel far = serve(EchoRpc.bindAsync(handler));
      RpcChannel near = serve(near(made, far, elsewhere));
      CompletableFuture<StringValue> call =
          EchoRpc.asyncClient(near.with(deadline(Duration.ofSeconds(100))))
              .say(text("x"))
              .toCompletableFuture();
      assertThat(handler.remaining.get(60, TimeUnit.SECONDS))
          .isBetween(Duration.ofNanos(1), Duration.ofSeconds(100));
      assertThat(call.cancel(true)).isTrue();
      assertThat(handler.cancelled.await(60, TimeUnit.SECONDS)).isTrue();
    } finally {
      elsewhere.shutdownNow();
      assertThat(elsewhere.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
    }
  }

  /** The event loop, then the handler's thread, which also writes the answer: one offload. */
  @Test
  void blockingHandlerIsOffloadedOnceAndAsyncNever() {
    CompletableFuture<Thread> ran = new CompletableFuture<>();
    RpcChannel blocking =
        serve(
            EchoRpc.bind(
                new Echo() {
                  @Override
                  public StringValue say(StringValue request) {
                    ran.complete(Thread.currentThread());
                    return text(Boolean.toString(EventLoops.onEventLoop()));
                  }
                }));
    assertThat(EchoRpc.client(blocking).say(text("x"))).isEqualTo(text("false"));
    assertThat(ran.join().getName()).matches("fairlead-echo-[0-9]+");

    RpcChannel async =
        serve(
            EchoRpc.bindAsync(
                new EchoAsync() {
                  @Override
                  public CompletionStage<StringValue> say(StringValue request) {
                    return CompletableFuture.completedFuture(
                        text(EventLoops.onEventLoop() + " " + Thread.currentThread().getName()));
                  }
                }));
    assertThat(EchoRpc.client(async).say(text("x")).getValue())
        .startsWith("true fairlead-server-loop");
  }
}
