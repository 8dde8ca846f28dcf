package io.fairlead.server.internal.stack;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.StringValue;
import io.fairlead.contract.internal.stream.CallRefusal;
import io.fairlead.testkit.LogCapture;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.Status;
import io.grpc.protobuf.ProtoUtils;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class RequestMarshallerTest {
  private final AtomicLong nanos = new AtomicLong();
  private final RequestMarshaller<StringValue> requests =
      new RequestMarshaller<>(
          ProtoUtils.marshaller(StringValue.getDefaultInstance()),
          "test.v1.Echo/Counted",
          1_000,
          nanos::get);

  private void parseBroken() {
    Object unused = parse(new byte[] {10, 9, 1});
  }

  /** Not as a StringValue, which a refusal is not. */
  private Object parse(byte[] bytes) {
    return ((Marshaller<?>) requests).parse(new ByteArrayInputStream(bytes));
  }

  @Test
  void aFloodOfBrokenRequestsIsALineASecondThatCounts() {
    try (LogCapture logs = LogCapture.of(RequestMarshaller.class.getName())) {
      for (int i = 0; i < 1_000; i++) {
        parseBroken();
      }
      nanos.addAndGet(1_000_000_000);
      parseBroken();
      assertThat(logs.with("Echo/Counted"))
          .hasSize(2)
          .first()
          .asString()
          .endsWith("; the call ends with INVALID_ARGUMENT");
      assertThat(logs.with("as did 999 earlier calls")).hasSize(1);
    }
  }

  @Test
  void aFaultOfTheServersCodeIsNotBlamedOnTheCallerNorShownToIt() {
    RequestMarshaller<StringValue> faulty =
        new RequestMarshaller<>(new Faulty(), "test.v1.Echo/Faulty", 1_000, nanos::get);
    try (LogCapture logs = LogCapture.of(RequestMarshaller.class.getName())) {
      Object read =
          ((Marshaller<?>) faulty).parse(new ByteArrayInputStream(new byte[] {10, 1, 'x'}));
      assertThat(read)
          .isInstanceOfSatisfying(
              CallRefusal.class,
              refusal -> {
                assertThat(refusal.status().getCode()).isEqualTo(Status.Code.INTERNAL);
                assertThat(refusal.status().getDescription())
                    .contains("test.v1.Echo/Faulty")
                    .doesNotContain("secret");
              });
      assertThat(logs.awaitFirst(() -> {})).endsWith(": secret");
    }
  }

  @Test
  void aGoodRequestIsReadAsBefore() {
    assertThat(parse(StringValue.of("x").toByteArray())).isEqualTo(StringValue.of("x"));
  }

  /** A marshaller of an application's own. */
  private static final class Faulty implements Marshaller<StringValue> {
    @Override
    public InputStream stream(StringValue value) {
      return value.toByteString().newInput();
    }

    @Override
    public StringValue parse(InputStream stream) {
      throw new NullPointerException("secret");
    }
  }
}
