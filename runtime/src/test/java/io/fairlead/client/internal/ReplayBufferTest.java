package io.fairlead.client.internal;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.StringValue;
import org.junit.jupiter.api.Test;

/** How much of a stream is kept so that it can be begun again. */
class ReplayBufferTest {
  @Test
  void bufferIsBoundedByMessages() {
    ReplayBuffer<StringValue> requests = new ReplayBuffer<>(false);
    for (int i = 0; i < ReplayBuffer.MAX_MESSAGES; i++) {
      requests.add(StringValue.of("x"));
    }
    assertThat(requests.exceedsLimit()).isFalse();
    requests.add(StringValue.of("x"));
    assertThat(requests.exceedsLimit()).isTrue();
  }

  @Test
  void bufferIsBoundedByBytes() {
    StringValue half = StringValue.of("x".repeat((int) ReplayBuffer.MAX_BYTES / 2));
    ReplayBuffer<StringValue> requests = new ReplayBuffer<>(false);
    requests.add(half);
    assertThat(requests.exceedsLimit()).isFalse();
    requests.add(half);
    assertThat(requests.exceedsLimit()).isTrue();
  }

  @Test
  void aStreamThatIsNotBegunAgainHoldsNoMessage() {
    ReplayBuffer<StringValue> requests = new ReplayBuffer<>(false);
    requests.add(StringValue.of("x"));
    requests.clear();
    assertThat(requests.only()).isNull();
    assertThat(requests.step(0)).isNull();
  }

  @Test
  void theOneRequestStaysForAFallback() {
    ReplayBuffer<StringValue> requests = new ReplayBuffer<>(true);
    requests.add(StringValue.of("x"));
    requests.clear();
    assertThat(requests.only()).isEqualTo(StringValue.of("x"));
  }

  @Test
  void singleRequestIsBufferedWhateverItsSize() {
    ReplayBuffer<StringValue> requests = new ReplayBuffer<>(true);
    requests.add(StringValue.of("x".repeat((int) ReplayBuffer.MAX_BYTES)));
    assertThat(requests.exceedsLimit()).isFalse();
  }
}
