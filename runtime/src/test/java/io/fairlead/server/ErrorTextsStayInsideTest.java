package io.fairlead.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.Int64Value;
import com.google.protobuf.StringValue;
import io.fairlead.Source;
import io.fairlead.contract.Echo;
import io.fairlead.contract.EchoAsync;
import io.fairlead.contract.EchoRpc;
import io.fairlead.testkit.LogCapture;
import io.grpc.CallOptions;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Whatever fails within a server: a caller reads no text of it, no class and no stack trace. */
@Timeout(120)
class ErrorTextsStayInsideTest {
  private static final String SECRET = "jdbc:postgresql://db.internal/users?password=hunter2";

  @RegisterExtension final RunningServerExtension running = new RunningServerExtension();

  private static RuntimeException secret() {
    return new IllegalStateException(SECRET, new IOException(SECRET));
  }

  private static RpcServer.Builder serving(ServerServiceDefinition service) {
    return RpcServer.builder("echo").host("127.0.0.1").service(service);
  }

  private static RpcServer.Builder healthy() {
    return serving(
        EchoRpc.bind(
            new Echo() {
              @Override
              public StringValue say(StringValue request) {
                return request;
              }
            }));
  }

  /** Calls with a stock channel, so that nothing of the client is in what it reads. */
  private Status.Code told(RpcServer.Builder builder) {
    return told(
        builder,
        channel ->
            ClientCalls.blockingUnaryCall(
                channel, EchoRpc.SAY.descriptor(), options(), StringValue.of("x")));
  }

  private Status.Code told(RpcServer.Builder builder, Function<ManagedChannel, Object> call) {
    ManagedChannel channel = running.channel(running.start(builder));
    StatusRuntimeException failure =
        catchThrowableOfType(StatusRuntimeException.class, () -> call.apply(channel));
    assertThat(failure).isNotNull();
    assertThat(everythingOf(failure))
        .doesNotContain("hunter2")
        .doesNotContain("IllegalState", "IOException", "StackOverflow")
        .doesNotContain("\tat ", ".java:");
    return failure.getStatus().getCode();
  }

  private static CallOptions options() {
    return CallOptions.DEFAULT.withDeadlineAfter(60, TimeUnit.SECONDS);
  }

  private static String everythingOf(StatusRuntimeException failure) {
    StringBuilder all = new StringBuilder().append(failure.getStatus());
    Metadata trailers = failure.getTrailers() == null ? new Metadata() : failure.getTrailers();
    for (String name : trailers.keys()) {
      all.append('\n').append(name).append(": ").append(value(trailers, name));
    }
    return all.toString();
  }

  private static String value(Metadata trailers, String name) {
    return name.endsWith(Metadata.BINARY_HEADER_SUFFIX)
        ? new String(
            Objects.requireNonNull(
                trailers.get(Metadata.Key.of(name, Metadata.BINARY_BYTE_MARSHALLER))),
            StandardCharsets.ISO_8859_1)
        : String.valueOf(trailers.get(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER)));
  }

  @Test
  void ofAHandlerThatThrowsTheLogAloneHasTheText() {
    try (LogCapture log = LogCapture.of("io.fairlead")) {
      assertThat(
              told(
                  serving(
                      EchoRpc.bind(
                          new Echo() {
                            @Override
                            public StringValue say(StringValue request) {
                              throw secret();
                            }
                          }))))
          .isEqualTo(Status.Code.UNKNOWN);
      assertThat(log.withStack()).as("for the operator").isNotEmpty();
    }
  }

  @Test
  void ofAnErrorInAHandler() {
    assertThat(
            told(
                serving(
                    EchoRpc.bind(
                        new Echo() {
                          @Override
                          public StringValue say(StringValue request) {
                            throw new StackOverflowError(SECRET);
                          }
                        }))))
        .isEqualTo(Status.Code.UNKNOWN);
  }

  @Test
  void ofAHandlerThatFailsLater() {
    assertThat(
            told(
                serving(
                    EchoRpc.bindAsync(
                        new EchoAsync() {
                          @Override
                          public CompletionStage<StringValue> say(StringValue request) {
                            return CompletableFuture.supplyAsync(
                                () -> {
                                  throw secret();
                                });
                          }
                        }))))
        .isEqualTo(Status.Code.UNKNOWN);
  }

  @Test
  void ofAStreamThatBreaks() {
    Echo handler =
        new Echo() {
          @Override
          public Source<Int64Value> count(Int64Value request) {
            return Source.of(request)
                .map(
                    each -> {
                      throw secret();
                    });
          }
        };
    assertThat(
            told(
                serving(EchoRpc.bind(handler)),
                channel ->
                    ClientCalls.blockingServerStreamingCall(
                            channel, EchoRpc.COUNT.descriptor(), options(), Int64Value.of(1))
                        .next()))
        .isEqualTo(Status.Code.UNKNOWN);
  }

  @Test
  void ofAnAuthorizerThatFailsAtOnceOrLater() {
    assertThat(
            told(
                healthy()
                    .authorizer(
                        request -> {
                          throw secret();
                        })))
        .isEqualTo(Status.Code.INTERNAL);
    assertThat(told(healthy().authorizer(request -> CompletableFuture.failedFuture(secret()))))
        .isEqualTo(Status.Code.INTERNAL);
  }

  @Test
  void ofAnInterceptorThatThrowsBeforeTheHandlerOrInItsListener() {
    told(
        healthy()
            .intercept(
                new ServerInterceptor() {
                  @Override
                  public <Q, R> ServerCall.Listener<Q> interceptCall(
                      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
                    throw secret();
                  }
                }));
    told(
        healthy()
            .intercept(
                new ServerInterceptor() {
                  @Override
                  public <Q, R> ServerCall.Listener<Q> interceptCall(
                      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
                    return new SimpleForwardingServerCallListener<>(next.startCall(call, headers)) {
                      @Override
                      public void onHalfClose() {
                        throw secret();
                      }
                    };
                  }
                }));
  }

  /** A handler's own status goes out as it is; what caused it does not. */
  @Test
  void ofTheCauseOfAStatus() {
    assertThat(
            told(
                serving(
                    EchoRpc.bind(
                        new Echo() {
                          @Override
                          public StringValue say(StringValue request) {
                            throw Status.NOT_FOUND
                                .withDescription("no such user")
                                .withCause(secret())
                                .asRuntimeException();
                          }
                        }))))
        .isEqualTo(Status.Code.NOT_FOUND);
  }
}
