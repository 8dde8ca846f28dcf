package io.fairlead.samples.aiplatform.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fairlead.RpcException;
import io.fairlead.Source;
import io.fairlead.observe.StatusOrigin;
import io.fairlead.samples.aiplatform.api.capture.Share;
import io.fairlead.samples.aiplatform.api.train.Checkpoint;
import io.fairlead.samples.aiplatform.api.train.Progress;
import io.fairlead.samples.aiplatform.api.train.Result;
import io.fairlead.samples.aiplatform.api.train.State;
import io.fairlead.samples.aiplatform.api.train.TrainRequest;
import io.fairlead.samples.aiplatform.api.train.Trainer;
import io.fairlead.samples.aiplatform.common.Floats;
import io.fairlead.samples.aiplatform.training.FederatedTraining.Part;
import io.fairlead.samples.aiplatform.training.FederatedTraining.Round;
import io.grpc.Status;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

class FederatedTrainingTest {
  private static final int INPUTS = 12;

  private final Map<String, Checkpoint> checkpoints = new ConcurrentHashMap<>();
  private final List<TrainRequest> requests = new CopyOnWriteArrayList<>();

  /** Adds its step to all parameters, or is lost for the first so many jobs. */
  private final class Stub implements Trainer {
    private final float step;
    private final int examples;
    private int losses;

    Stub(float step, int examples, int losses) {
      this.step = step;
      this.examples = examples;
      this.losses = losses;
    }

    @Override
    public Source<Progress> train(TrainRequest request) {
      requests.add(request);
      if (losses-- > 0) {
        throw RpcException.of(
            "vision.train.v1.Trainer/Train",
            Status.UNAVAILABLE.withDescription("gone"),
            null,
            StatusOrigin.WIRE);
      }
      float[] parameters = Floats.of(request.getInitialParameters());
      for (int i = 0; i < parameters.length; i++) {
        parameters[i] += step;
      }
      checkpoints.put(
          request.getJobId(),
          Checkpoint.newBuilder()
              .setParameters(Floats.toBytes(parameters))
              .setExamples(examples)
              .build());
      return Source.from(
          List.of(
              Progress.newBuilder()
                  .setState(State.DONE)
                  .setResult(Result.newBuilder().setTestAccuracy(step))
                  .build()));
    }
  }

  private FederatedTraining training(Trainer first, Trainer second) {
    return new FederatedTraining(
        Map.of("a", first, "b", second),
        checkpoints::get,
        (trainer, report) -> {},
        "job",
        "model",
        7,
        5);
  }

  private static Part part(int examples, float... parameters) {
    return new Part(parameters, examples, 0);
  }

  @Test
  void partsCountAsTheirExamplesDo() {
    assertThat(FederatedTraining.average(List.of(part(300, 1, -4, 0), part(100, 5, 4, 0))))
        .containsExactly(2, -2, 0);
    assertThat(FederatedTraining.average(List.of(part(1, 0.25f, 3)))).containsExactly(0.25f, 3);
  }

  @Test
  void sumsOfManyDoNotLoseWhatAFloatWould() {
    assertThat(
            FederatedTraining.average(
                List.of(part(1 << 24, 1), part(1, 1), part(1, 1), part(1 << 24, 1))))
        .containsExactly(1);
  }

  @Test
  void partsThatAreNoneOfOneModelAreRefused() {
    assertThatThrownBy(() -> FederatedTraining.average(List.of(part(1, 1, 2), part(1, 1))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("a part has 1 parameters of 1 examples; the first one has 2");
    assertThatThrownBy(() -> FederatedTraining.average(List.of(part(0, 1))))
        .hasMessageContaining("of 0 examples");
  }

  @Test
  void aRoundBeginsWithTheSameParametersAndEndsWithTheirAverage() {
    FederatedTraining training = training(new Stub(1, 30, 0), new Stub(5, 10, 0));
    Network before = training.begin(INPUTS);
    Round round = training.round(3, before);
    assertThat(round.lost()).isEmpty();
    assertThat(round.parts()).containsOnlyKeys("a", "b");
    float[] average = round.network().parameters();
    for (int i = 0; i < average.length; i++) {
      assertThat(average[i] - before.parameters()[i]).isBetween(1.999f, 2.001f);
    }
    assertThat(requests)
        .extracting(TrainRequest::getJobId)
        .containsExactlyInAnyOrder("job-3-a", "job-3-b");
    assertThat(requests)
        .allSatisfy(
            each -> {
              assertThat(each.getMaxEpochs()).isEqualTo(5);
              assertThat(each.getInitialParameters())
                  .isEqualTo(Floats.toBytes(before.parameters()));
            });
  }

  @Test
  void aTrainerThatIsLostIsLeftOutAndTakesPartInTheNextRound() {
    FederatedTraining training = training(new Stub(1, 30, 0), new Stub(5, 10, 1));
    Round first = training.round(1, training.begin(INPUTS));
    assertThat(first.parts()).containsOnlyKeys("a");
    assertThat(first.lost()).containsExactly(Map.entry("b", "UNAVAILABLE"));
    assertThat(training.round(2, first.network()).parts()).containsOnlyKeys("a", "b");
  }

  @Test
  void aRoundWithoutAnyTrainerIsMadeAgainByTheSameJobs() {
    FederatedTraining training = training(new Stub(1, 30, 2), new Stub(5, 10, 3));
    Round round = training.round(1, training.begin(INPUTS));
    assertThat(round.parts()).containsOnlyKeys("a");
    assertThat(requests).extracting(TrainRequest::getJobId).containsOnly("job-1-a", "job-1-b");
    FederatedTraining nobody = training(new Stub(1, 30, 9), new Stub(5, 10, 9));
    assertThatThrownBy(() -> nobody.round(1, nobody.begin(INPUTS)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(
            "no trainer came to the end of round 1, 3 times: {a=UNAVAILABLE, b=UNAVAILABLE}");
  }

  @Test
  void aTrainerIsToldItsShareOfTheImages() {
    assertThat(TrainerService.share("")).isEmpty();
    assertThat(TrainerService.share("2/3"))
        .contains(Share.newBuilder().setNumber(2).setOf(3).build());
    assertThatThrownBy(() -> TrainerService.share("half"))
        .hasMessage("the setting images=half is no share; write 1/2 for the first of two");
  }
}
