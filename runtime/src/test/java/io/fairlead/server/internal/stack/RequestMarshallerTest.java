package io.fairlead.server.internal.stack;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.StringValue;
import io.fairlead.testkit.LogCapture;
import io.grpc.protobuf.ProtoUtils;
import java.io.ByteArrayInputStream;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class RequestMarshallerTest {
  private final AtomicLong nanos = new AtomicLong();
  private final RequestMarshaller<StringValue> requests =
      new RequestMarshaller<>(
          ProtoUtils.marshaller(StringValue.getDefaultInstance()),
          "test.v1.Echo/Counted",
          nanos::get);

  private void parseBroken() {
    Object unused = parse(new byte[] {10, 9, 1});
  }

  /** Not as a StringValue, which a refusal is not. */
  private Object parse(byte[] bytes) {
    return ((io.grpc.MethodDescriptor.Marshaller<?>) requests)
        .parse(new ByteArrayInputStream(bytes));
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
  void aGoodRequestIsReadAsBefore() {
    assertThat(parse(StringValue.of("x").toByteArray())).isEqualTo(StringValue.of("x"));
  }
}
