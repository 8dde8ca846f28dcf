package io.fairlead.contract.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Int64Value;
import io.fairlead.Source;
import io.fairlead.client.RpcChannel;
import io.fairlead.contract.CallShapesTest;
import io.fairlead.contract.Echo;
import io.fairlead.contract.EchoAsync;
import io.fairlead.contract.EchoLoopback;
import io.fairlead.contract.EchoRpc;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.stub.ClientCalls;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a caller may send, and what it hears if it sends something else. */
@Timeout(60)
class RequestRulesTest {
  private final EchoLoopback server =
      EchoLoopback.serving(EchoRpc.bind(new CallShapesTest.Answers()));

  @SuppressWarnings("NullAway.Init") // opened before each test
  private RpcChannel ours;

  @BeforeEach
  void open() {
    ours = RpcChannel.to("127.0.0.1:" + server.port()).build();
  }

  @AfterEach
  void close() {
    ours.close();
    server.close();
  }

  private Channel channel(boolean own) {
    return own ? ours : server.channel();
  }

  /** What Java lets a caller pass, whatever the annotations say. */
  @SuppressWarnings({"NullAway", "TypeParameterUnusedInFormals"})
  private static <T> T none() {
    return null;
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void nullRequestIsRefusedAtItsCaller(boolean own) {
    Echo echo = EchoRpc.client(channel(own));
    EchoAsync async = EchoRpc.asyncClient(channel(own));
    for (Runnable call : List.<Runnable>of(() -> echo.say(none()), () -> async.say(none()))) {
      assertThatThrownBy(call::run)
          .isInstanceOf(NullPointerException.class)
          .hasMessage("the request of test.v1.Echo/Say is null");
    }
    for (Runnable call : List.<Runnable>of(() -> echo.count(none()), () -> async.count(none()))) {
      assertThatThrownBy(call::run)
          .isInstanceOf(NullPointerException.class)
          .hasMessage("the request of test.v1.Echo/Count is null");
    }
  }

  @Test
  void nullRequestOfAStockStubIsRefusedAtItsCaller() {
    assertThatThrownBy(
            () ->
                ClientCalls.blockingUnaryCall(
                    ours, EchoRpc.SAY.descriptor(), CallOptions.DEFAULT, none()))
        .isInstanceOf(NullPointerException.class)
        .hasMessage("a request of test.v1.Echo/Say is null");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void nullInAGeneratorIsRefusedWhereItIsSent(boolean own) throws Exception {
    CompletableFuture<Throwable> refusal = new CompletableFuture<>();
    Source<Int64Value> requests =
        Source.from(
            out -> {
              try {
                out.send(none());
              } catch (NullPointerException e) {
                refusal.complete(e);
                throw e;
              }
            });
    assertThatThrownBy(() -> EchoRpc.client(channel(own)).sum(requests))
        .hasRootCauseInstanceOf(NullPointerException.class)
        .hasMessageContaining("a request in the stream of test.v1.Echo/Sum is null");
    assertThat(refusal.get(60, TimeUnit.SECONDS))
        .hasMessage("a request in the stream of test.v1.Echo/Sum is null");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void nullOfAPublisherEndsTheCall(boolean own) {
    Manual requests = new Manual();
    CompletableFuture<Int64Value> sum =
        EchoRpc.asyncClient(channel(own)).sum(requests).toCompletableFuture();
    assertThatThrownBy(() -> requests.subscriber().onNext(none()))
        .isInstanceOf(NullPointerException.class);
    assertThatThrownBy(() -> sum.get(60, TimeUnit.SECONDS))
        .hasMessageContaining("a message in the stream of test.v1.Echo/Sum is null");
    assertThat(requests.signals).contains("cancel");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void cancelledFutureThrowsNothingIntoThePublisherOfItsRequests(boolean own) {
    Manual requests = new Manual();
    CompletableFuture<Int64Value> sum =
        EchoRpc.asyncClient(channel(own)).sum(requests).toCompletableFuture();
    requests.subscriber().onNext(Int64Value.of(1));
    assertThat(sum.cancel(true)).isTrue();
    assertThat(requests.signals).contains("cancel");
    // At the same moment, as its threads may not have seen the cancellation.
    requests.subscriber().onNext(Int64Value.of(2));
    requests.subscriber().onComplete();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void cancelledFutureThrowsNothingIntoAFailingPublisher(boolean own) {
    Manual requests = new Manual();
    CompletableFuture<Int64Value> sum =
        EchoRpc.asyncClient(channel(own)).sum(requests).toCompletableFuture();
    assertThat(sum.cancel(true)).isTrue();
    requests.subscriber().onError(new IllegalArgumentException("too late"));
  }

  /** Publishes by hand. */
  private static final class Manual implements Flow.Publisher<Int64Value>, Flow.Subscription {
    final List<String> signals = new ArrayList<>();
    private Flow.@Nullable Subscriber<? super Int64Value> subscriber;

    Flow.Subscriber<? super Int64Value> subscriber() {
      return Objects.requireNonNull(subscriber, "nobody has subscribed");
    }

    @Override
    public void subscribe(Flow.Subscriber<? super Int64Value> given) {
      subscriber = given;
      given.onSubscribe(this);
    }

    @Override
    public void request(long n) {
      signals.add("request");
    }

    @Override
    public void cancel() {
      signals.add("cancel");
    }
  }
}
