package io.fairlead.samples.aiplatform.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class NetworkTest {
  @Test
  void aWidenedNetworkGivesTheSameAnswers() {
    Network network = Network.random(new int[] {9, 7, 5, 4}, 3);
    Network wide = network.widened(23);
    assertThat(wide.size()).isEqualTo((9 + 1) * 23 + (23 + 1) * 23 + (23 + 1) * 4);
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < 20; i++) {
      float[] input = new float[9];
      for (int at = 0; at < input.length; at++) {
        input[at] = (float) random.nextDouble();
      }
      float[] expected = network.predict(input);
      float[] answer = wide.predict(input);
      assertThat(answer).hasSize(4);
      for (int at = 0; at < answer.length; at++) {
        assertThat(Math.abs(answer[at] - expected[at])).isLessThan(1e-5f);
      }
    }
  }

  @Test
  void aNetworkIsNotMadeNarrower() {
    assertThatThrownBy(() -> Network.random(new int[] {2, 7, 5, 4}, 3).widened(6))
        .hasMessage("hidden layer 1 has 7 units, and cannot be widened to 6");
  }
}
