package io.fairlead.samples.aiplatform.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.fairlead.samples.aiplatform.training.Network;
import io.fairlead.samples.aiplatform.training.NetworkFixture;
import io.fairlead.samples.aiplatform.training.OnnxFile;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class OnnxModelTest {
  @Test
  void aBatchInOnnxRuntimeGivesWhatTheTrainersArithmeticGives() throws Exception {
    ByteString file = NetworkFixture.file(96, 64, 32, 10);
    Network network = OnnxFile.read(file);
    SplittableRandom random = new SplittableRandom(1);
    float[][] rows = new float[50][96];
    for (float[] row : rows) {
      for (int i = 0; i < row.length; i++) {
        row[i] = (float) random.nextDouble();
      }
    }
    try (OnnxModel model = new OnnxModel(file.toByteArray())) {
      assertThat(model.inputs()).isEqualTo(96);
      assertThat(model.outputs()).isEqualTo(10);
      float[][] served = model.run(rows);
      assertThat(served).hasDimensions(50, 10);
      for (int row = 0; row < rows.length; row++) {
        float[] expected = network.predict(rows[row]);
        for (int i = 0; i < expected.length; i++) {
          assertThat(Math.abs(served[row][i] - expected[i])).isLessThanOrEqualTo(1e-5f);
        }
      }
    }
  }

  @Test
  void aNetworkWithoutHiddenLayersIsReadBackAsItWasWritten() {
    ByteString file = NetworkFixture.file(96, 10);
    assertThat(OnnxFile.read(file).inputs()).isEqualTo(96);
    assertThat(NetworkFixture.write(OnnxFile.read(file))).isEqualTo(file);
  }

  @Test
  void aFileThatIsNoModelIsRefusedWithTheReason() {
    assertThatThrownBy(() -> OnnxFile.read(ByteString.copyFromUtf8("no model")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("the file is no ONNX");
  }
}
