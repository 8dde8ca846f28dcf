package io.fairlead.contract;

import static io.fairlead.contract.EchoLoopback.number;
import static io.fairlead.contract.EchoLoopback.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Int64Value;
import com.google.protobuf.StringValue;
import io.fairlead.CallContext;
import io.fairlead.Source;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The headers that a handler sets for its response, with handlers that block and that do not. */
@Timeout(60)
class HandlerHeadersTest {
  private static final Metadata.Key<String> NOTE =
      Metadata.Key.of("note", Metadata.ASCII_STRING_MARSHALLER);

  static List<ServerServiceDefinition> failing() {
    return List.of(EchoRpc.bind(new FailingEcho()), EchoRpc.bindAsync(new FailingEchoAsync()));
  }

  static List<ServerServiceDefinition> waiting() {
    return List.of(EchoRpc.bind(new WaitingEcho()), EchoRpc.bindAsync(new WaitingEchoAsync()));
  }

  @ParameterizedTest
  @MethodSource("failing")
  void headersSurviveAHandlerThatFailsBeforeItsFirstMessage(ServerServiceDefinition service) {
    try (EchoLoopback echo = EchoLoopback.serving(service)) {
      Answer<StringValue> unary = Answer.of(echo, EchoRpc.SAY, text("set"));
      assertThat(unary.status()).isEqualTo(Status.Code.ABORTED);
      assertThat(unary.header()).isEqualTo("set");
      Answer<Int64Value> stream = Answer.of(echo, EchoRpc.COUNT, number(1));
      assertThat(stream.status()).isEqualTo(Status.Code.ABORTED);
      assertThat(stream.header()).isEqualTo("set");
    }
  }

  @ParameterizedTest
  @MethodSource("failing")
  void aFailureWithoutHeadersGoesOutAsTrailersAlone(ServerServiceDefinition service) {
    try (EchoLoopback echo = EchoLoopback.serving(service)) {
      Answer<StringValue> unary = Answer.of(echo, EchoRpc.SAY, text("none"));
      assertThat(unary.status()).isEqualTo(Status.Code.ABORTED);
      assertThat(unary.headers).isNotDone();
    }
  }

  @ParameterizedTest
  @MethodSource("waiting")
  void headersOfAStreamArriveBeforeItsFirstMessage(ServerServiceDefinition service) {
    try (EchoLoopback echo = EchoLoopback.serving(service)) {
      Answer<Int64Value> stream = Answer.of(echo, EchoRpc.COUNT, number(1));
      assertThat(stream.header()).isEqualTo("early");
      assertThat(stream.ended).isNotDone();
    }
  }

  @Test
  void headersAreSentOnceHoweverOftenTheyAreAskedFor() {
    Echo handler =
        new Echo() {
          @Override
          public StringValue say(StringValue request) {
            CallContext.current().sendResponseHeaders();
            CallContext.current().sendResponseHeaders();
            return request;
          }
        };
    try (EchoLoopback echo = EchoLoopback.serving(EchoRpc.bind(handler))) {
      assertThat(echo.client().say(text("x"))).isEqualTo(text("x"));
    }
  }

  @Test
  void aNullInAResponseStreamIsRefusedWhereItIsSent() {
    CompletableFuture<Throwable> thrown = new CompletableFuture<>();
    Echo handler =
        new Echo() {
          @Override
          @SuppressWarnings("NullAway")
          public Source<Int64Value> count(Int64Value request) {
            return Source.from(
                out -> {
                  try {
                    out.send(null);
                  } catch (NullPointerException e) {
                    thrown.complete(e);
                    throw e;
                  }
                });
          }
        };
    try (EchoLoopback echo = EchoLoopback.serving(EchoRpc.bind(handler))) {
      assertThatThrownBy(() -> echo.client().count(number(1)).toList())
          .isInstanceOf(StatusRuntimeException.class)
          .hasMessageContaining("UNKNOWN: the handler of test.v1.Echo/Count failed");
      assertThat(thrown.join())
          .hasMessage("a response of test.v1.Echo/Count is null; a stream holds messages only");
    }
  }

  @Test
  void aNullOfAPublisherOfResponsesEndsTheCall() {
    EchoAsync handler =
        new EchoAsync() {
          @Override
          @SuppressWarnings("NullAway")
          public Flow.Publisher<Int64Value> count(Int64Value request) {
            return subscriber ->
                subscriber.onSubscribe(
                    new Flow.Subscription() {
                      @Override
                      public void request(long messages) {
                        subscriber.onNext(null);
                      }

                      @Override
                      public void cancel() {}
                    });
          }
        };
    try (EchoLoopback echo = EchoLoopback.serving(EchoRpc.bindAsync(handler))) {
      assertThatThrownBy(() -> echo.client().count(number(1)).toList())
          .isInstanceOf(StatusRuntimeException.class)
          .hasMessageContaining("UNKNOWN: ");
    }
  }

  private static void setHeader(String value) {
    if (!value.equals("none")) {
      CallContext.current().responseHeaders().put(NOTE, value);
    }
  }

  private static final class FailingEcho implements Echo {
    @Override
    public StringValue say(StringValue request) {
      setHeader(request.getValue());
      throw Status.ABORTED.asRuntimeException();
    }

    @Override
    public Source<Int64Value> count(Int64Value request) {
      setHeader("set");
      return Source.failed(Status.ABORTED.asRuntimeException());
    }
  }

  private static final class FailingEchoAsync implements EchoAsync {
    @Override
    public CompletionStage<StringValue> say(StringValue request) {
      setHeader(request.getValue());
      return CompletableFuture.failedFuture(Status.ABORTED.asRuntimeException());
    }

    @Override
    public Flow.Publisher<Int64Value> count(Int64Value request) {
      setHeader("set");
      throw Status.ABORTED.asRuntimeException();
    }
  }

  /** Sends headers, and no message before the caller leaves. */
  private static final class WaitingEcho implements Echo {
    @Override
    public Source<Int64Value> count(Int64Value request) {
      setHeader("early");
      CallContext.current().sendResponseHeaders();
      return Source.<Int64Value>pipe().source();
    }
  }

  /** The same. */
  private static final class WaitingEchoAsync implements EchoAsync {
    @Override
    public Flow.Publisher<Int64Value> count(Int64Value request) {
      setHeader("early");
      CallContext.current().sendResponseHeaders();
      return subscriber -> {};
    }
  }

  /** What a caller gets to see. */
  private static final class Answer<R> extends ClientCall.Listener<R> {
    final CompletableFuture<Metadata> headers = new CompletableFuture<>();
    final CompletableFuture<Status> ended = new CompletableFuture<>();

    static <Q, R> Answer<R> of(EchoLoopback echo, MethodContract<Q, R> method, Q request) {
      Answer<R> answer = new Answer<>();
      ClientCall<Q, R> call = echo.channel().newCall(method.descriptor(), CallOptions.DEFAULT);
      call.start(answer, new Metadata());
      call.request(2);
      call.sendMessage(request);
      call.halfClose();
      return answer;
    }

    Status.Code status() {
      return ended.orTimeout(30, TimeUnit.SECONDS).join().getCode();
    }

    @Nullable String header() {
      return headers.orTimeout(30, TimeUnit.SECONDS).join().get(NOTE);
    }

    @Override
    public void onHeaders(Metadata given) {
      headers.complete(given);
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      ended.complete(status);
    }
  }
}
