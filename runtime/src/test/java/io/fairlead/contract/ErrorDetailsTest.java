package io.fairlead.contract;

import static io.fairlead.contract.EchoLoopback.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.Any;
import com.google.protobuf.StringValue;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import io.fairlead.RpcException;
import io.fairlead.observe.StatusOrigin;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.util.Objects;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Typed details of failures: to the caller, and through a handler that calls others itself. */
@Timeout(60)
class ErrorDetailsTest {
  private static final Metadata.Key<String> PUSHBACK =
      Metadata.Key.of("grpc-retry-pushback-ms", Metadata.ASCII_STRING_MARSHALLER);
  private static final ErrorInfo INFO =
      ErrorInfo.newBuilder().setReason("SOLD_OUT").setDomain("shop.example").build();

  private static StatusRuntimeException detailed() {
    Metadata others = new Metadata();
    others.put(PUSHBACK, "50");
    return StatusProto.toStatusRuntimeException(
        com.google.rpc.Status.newBuilder()
            .setCode(Status.Code.FAILED_PRECONDITION.value())
            .setMessage("no kettle is left")
            .addDetails(Any.pack(INFO))
            .build(),
        others);
  }

  /** As a client gets it from a server further on. */
  private static RpcException downstream() {
    StatusRuntimeException failure = detailed();
    return RpcException.of(
        "far.v1.Away/Go", failure.getStatus(), failure.getTrailers(), StatusOrigin.WIRE);
  }

  private static RpcException seen(Supplier<RuntimeException> thrown) {
    Echo handler =
        new Echo() {
          @Override
          public StringValue say(StringValue request) {
            throw thrown.get();
          }
        };
    try (EchoLoopback echoLoopback = EchoLoopback.serving(EchoRpc.bind(handler))) {
      return catchThrowableOfType(RpcException.class, () -> echoLoopback.client().say(text("x")));
    }
  }

  @Test
  void whatAHandlerSaysReachesItsCallerTyped() {
    RpcException failure = seen(ErrorDetailsTest::detailed);
    assertThat(failure.code()).isEqualTo(Status.Code.FAILED_PRECONDITION);
    assertThat(failure.origin()).isEqualTo(StatusOrigin.WIRE);
    assertThat(failure.detail(ErrorInfo.class)).contains(INFO);
    assertThat(failure.detail(BadRequest.class)).isEmpty();
    assertThat(failure.details().orElseThrow().getMessage()).isEqualTo("no kettle is left");
  }

  @Test
  void aHandlerAnswersWithDetailsInOneCall() {
    RpcException failure =
        seen(() -> RpcException.answer(Status.Code.FAILED_PRECONDITION, "no kettle is left", INFO));
    assertThat(failure.code()).isEqualTo(Status.Code.FAILED_PRECONDITION);
    assertThat(failure).hasMessageContaining("no kettle is left");
    assertThat(failure.detail(ErrorInfo.class)).contains(INFO);
  }

  @Test
  void aRelayedFailureTakesItsDetailsAlongAndNothingElse() {
    RpcException failure = seen(() -> downstream().relay());
    assertThat(failure.code()).isEqualTo(Status.Code.FAILED_PRECONDITION);
    assertThat(failure.detail(ErrorInfo.class)).contains(INFO);
    assertThat(Objects.requireNonNull(failure.getTrailers()).containsKey(PUSHBACK)).isFalse();
  }

  @Test
  void anyOtherFailureOfACallFurtherOnKeepsThemToItself() {
    RpcException failure = seen(ErrorDetailsTest::downstream);
    assertThat(failure.code()).isEqualTo(Status.Code.INTERNAL);
    assertThat(failure.details()).isEmpty();
    assertThat(Objects.requireNonNull(failure.getTrailers()).containsKey(PUSHBACK)).isFalse();
  }
}
