package io.fairlead.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.StringValue;
import org.junit.jupiter.api.Test;

/** How much of a stream is kept so that it can be begun again. */
class RequestsTest {
  @Test
  void noMoreMessagesThanItsBound() {
    Requests<StringValue> requests = new Requests<>(false);
    for (int i = 0; i < Requests.MOST; i++) {
      requests.add(StringValue.of("x"));
    }
    assertThat(requests.areTooMany()).isFalse();
    requests.add(StringValue.of("x"));
    assertThat(requests.areTooMany()).isTrue();
  }

  @Test
  void andNoMoreBytes() {
    StringValue half = StringValue.of("x".repeat((int) Requests.MOST_BYTES / 2));
    Requests<StringValue> requests = new Requests<>(false);
    requests.add(half);
    assertThat(requests.areTooMany()).isFalse();
    requests.add(half);
    assertThat(requests.areTooMany()).isTrue();
  }

  @Test
  void theOnlyRequestIsKeptAsThatOfAUnaryCallIs() {
    Requests<StringValue> requests = new Requests<>(true);
    requests.add(StringValue.of("x".repeat((int) Requests.MOST_BYTES)));
    assertThat(requests.areTooMany()).isFalse();
  }
}
