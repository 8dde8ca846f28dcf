package io.fairlead.samples.aiplatform.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.protobuf.ByteString;
import io.fairlead.samples.aiplatform.api.train.Architecture;
import io.fairlead.samples.aiplatform.api.train.Checkpoint;
import io.fairlead.samples.aiplatform.api.train.TrainRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class TrainingRunTest {
  private static final int INPUTS = 12;

  /** Points around ten centres. */
  private static List<Example> examples(int count) {
    SplittableRandom random = new SplittableRandom(7);
    float[][] centres = new float[10][INPUTS];
    for (float[] centre : centres) {
      for (int i = 0; i < INPUTS; i++) {
        centre[i] = (float) random.nextDouble();
      }
    }
    List<Example> examples = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int label = random.nextInt(10);
      float[] values = new float[INPUTS];
      for (int j = 0; j < INPUTS; j++) {
        values[j] = centres[label][j] + (float) (0.1 * (random.nextDouble() - 0.5));
      }
      examples.add(new Example(values, label));
    }
    return examples;
  }

  private static TrainRequest request(int epochs, int patience) {
    return TrainRequest.newBuilder()
        .setJobId("job")
        .setModelName("model")
        .setArchitecture(Architecture.MLP_64_32)
        .setSeed(5)
        .setMaxEpochs(epochs)
        .setPatience(patience)
        .build();
  }

  @Test
  void gradientsAreThoseOfTheLoss() {
    Network network = Network.random(new int[] {INPUTS, 6, 5, 10}, 3);
    Example example = examples(1).get(0);
    Gradients gradients = new Gradients(network, 0);
    double unused = gradients.add(example, new SplittableRandom(1));
    float step = 1e-2f;
    for (int i = 0; i < network.parameters().length; i += 7) {
      float before = network.parameters()[i];
      network.parameters()[i] = before + step;
      double above = loss(network, example);
      network.parameters()[i] = before - step;
      double below = loss(network, example);
      network.parameters()[i] = before;
      double measured = (above - below) / (2 * step);
      assertThat((double) gradients.sums()[i])
          .as("parameter %d", i)
          .isCloseTo(measured, within(2e-3));
    }
  }

  private static double loss(Network network, Example example) {
    return Evaluation.of(network, List.of(example)).loss();
  }

  @Test
  void aRunThatGoesOnFromACheckpointEndsWithTheSameBytes() throws Exception {
    List<Example> examples = examples(200);
    TrainingRun whole = TrainingRun.begin(request(6, 10), examples);
    Checkpoint third = Checkpoint.getDefaultInstance();
    while (!whole.isDone()) {
      Checkpoint each = whole.epoch();
      if (each.getEpoch() == 3) {
        third = Checkpoint.parseFrom(each.toByteString());
      }
    }
    TrainingRun resumed = TrainingRun.resume(third, examples);
    while (!resumed.isDone()) {
      Checkpoint unused = resumed.epoch();
    }
    assertThat(resumed.last().getEpoch()).isEqualTo(6);
    assertThat(OnnxFile.write(resumed.best())).isEqualTo(OnnxFile.write(whole.best()));
    assertThat(resumed.last().getParameters()).isEqualTo(whole.last().getParameters());
  }

  @Test
  void itLearnsAndStopsWhenItGetsNoBetter() {
    List<Example> examples = examples(400);
    TrainingRun run = TrainingRun.begin(request(500, 3), examples);
    while (!run.isDone()) {
      Checkpoint unused = run.epoch();
    }
    assertThat(run.last().getEpoch()).isLessThan(500);
    assertThat(run.last().getEpoch() - run.last().getBestEpoch()).isEqualTo(3);
    Evaluation evaluation = Evaluation.of(run.best(), examples);
    assertThat(evaluation.accuracy()).isGreaterThan(0.98);
    assertThat(java.util.Arrays.stream(evaluation.confusion()).sum()).isEqualTo(400);
  }

  @Test
  void itBeginsWithTheParametersThatAreGiven() {
    List<Example> examples = examples(200);
    TrainingRun other = TrainingRun.begin(request(3, 10), examples);
    while (!other.isDone()) {
      Checkpoint unused = other.epoch();
    }
    TrainRequest given =
        request(1, 10).toBuilder()
            .setInitialParameters(other.last().getParameters())
            .setSeed(6)
            .build();
    TrainingRun run = TrainingRun.begin(given, examples);
    assertThat(run.last().getParameters()).isEqualTo(other.last().getParameters());
    Checkpoint after = run.epoch();
    assertThat(after.getTrainingLoss()).isLessThan(other.last().getTrainingLoss());
    assertThat(after.getExamples()).isEqualTo(180);
    TrainRequest wrong =
        given.toBuilder().setInitialParameters(ByteString.copyFrom(new byte[8])).build();
    assertThatThrownBy(() -> TrainingRun.begin(wrong, examples))
        .hasMessageContaining("parameters, and 2 are given");
  }
}
