package io.fairlead.samples.aiplatform.story;

import io.fairlead.RpcException;
import io.fairlead.Source;
import io.fairlead.samples.aiplatform.api.train.Architecture;
import io.fairlead.samples.aiplatform.api.train.Progress;
import io.fairlead.samples.aiplatform.api.train.Result;
import io.fairlead.samples.aiplatform.api.train.State;
import io.fairlead.samples.aiplatform.api.train.TrainRequest;
import io.fairlead.samples.aiplatform.api.train.Trainer;
import io.fairlead.samples.aiplatform.api.train.TrainerRpc;
import io.fairlead.samples.aiplatform.training.TrainerService;
import java.util.Locale;
import java.util.function.Consumer;

/** Three models are trained; the trainer is killed in the middle of the best one. */
final class TrainingChapter {
  static final String MODEL = "digits";
  static final String SMALL = "digits-small";

  private static final int KILL_AFTER = 6;

  /** Of the best model, once it is trained. */
  private double accuracy;

  private final Platform platform;
  private final Screen screen;
  private final DataSet data;

  TrainingChapter(Platform platform, Screen screen, DataSet data) {
    this.platform = platform;
    this.screen = screen;
    this.data = data;
  }

  void play() throws InterruptedException {
    screen.line("");
    screen.line("2. Training");
    Result small = train(job("small", SMALL, Architecture.SOFTMAX).build()).getResult();
    tell("the small model (softmax)", small, data.smallFloor());
    Result first =
        train(job("first", MODEL, Architecture.MLP_64_32).setMaxEpochs(2).build()).getResult();
    tell("version " + first.getModelVersion() + ", of two epochs", first, 0.5);
    Result best = interrupted();
    tell("version " + best.getModelVersion(), best, data.floor());
    accuracy = best.getTestAccuracy();
    undisturbed(best);
    confusion(best);
  }

  /** Returns the accuracy of the best model on the test images. */
  double accuracy() {
    return accuracy;
  }

  /** Returns a job as that of the best model, by another id. */
  TrainRequest.Builder mlp(String id, String model) {
    return job(id, model, Architecture.MLP_64_32);
  }

  private static TrainRequest.Builder job(String id, String model, Architecture architecture) {
    return TrainRequest.newBuilder()
        .setJobId(id)
        .setModelName(model)
        .setArchitecture(architecture)
        .setSeed(2026);
  }

  private void tell(String what, Result result, double floor) {
    screen.check(
        result.getTestAccuracy() >= floor,
        "%s: %d epochs in %.1f s, accuracy %.3f and loss %.3f on %d test images (floor: %.2f)",
        what,
        result.getEpochs(),
        result.getSeconds(),
        result.getTestAccuracy(),
        result.getTestLoss(),
        result.getTestImages(),
        floor);
  }

  /** Follows a job to its end. */
  Progress train(TrainRequest request) {
    return follow(platform.trainer, request, this::show);
  }

  /** Follows a job of a trainer to its end. */
  static Progress follow(Trainer trainer, TrainRequest request, Consumer<Progress> each) {
    Progress last = Progress.getDefaultInstance();
    try (Source<Progress> reports = trainer.train(request)) {
      for (Progress report : reports) {
        each.accept(report);
        last = report;
      }
    }
    if (last.getState() != State.DONE) {
      throw new IllegalStateException(
          "the job "
              + request.getJobId()
              + " ended as "
              + last.getState()
              + ": "
              + last.getFailure());
    }
    return last;
  }

  private void show(Progress report) {
    screen.now(
        "job %s: epoch %d, loss %.3f, validation %.3f",
        report.getJobId(),
        report.getEpoch(),
        report.getTrainingLoss(),
        report.getValidationAccuracy());
  }

  /**
   * Follows a job until its trainer is killed with -9. Returns the last epoch that was reported.
   */
  int killed(TrainRequest request, String trainer, int epoch) throws InterruptedException {
    int seen = 0;
    boolean killed = false;
    try (Source<Progress> reports = platform.trainer.train(request)) {
      for (Progress report : reports) {
        show(report);
        seen = report.getEpoch();
        if (seen >= epoch && !killed) {
          platform.fleet().kill(trainer);
          killed = true;
        }
      }
      screen.check(false, "%s was killed, and yet its job came to an end", trainer);
    } catch (RpcException e) {
      screen.line(
          "  killed %s with -9 after epoch %d; its caller sees %s", trainer, seen, e.code());
    }
    return seen;
  }

  private Result interrupted() throws InterruptedException {
    TrainRequest request = job("best", MODEL, Architecture.MLP_64_32).build();
    int seen = killed(request, "trainer-1", KILL_AFTER);
    platform.fleet().start(TrainerService.class, "trainer-2");
    platform.await(
        "a new trainer",
        () -> platform.endpoints(TrainerRpc.SERVICE_NAME).containsKey("trainer-2"));
    Progress end = train(request);
    screen.check(
        end.getResumedAfter() >= seen,
        "the same job at a new trainer went on after epoch %d: %d reported epochs were lost",
        end.getResumedAfter(),
        Math.max(0, seen - end.getResumedAfter()));
    return end.getResult();
  }

  /** What is trained without a break must be the same, to the last bit. */
  private void undisturbed(Result interrupted) {
    Result result = train(job("control", MODEL, Architecture.MLP_64_32).build()).getResult();
    screen.check(
        result.getSha256().equals(interrupted.getSha256()),
        "trained again without a break: the same bytes (SHA-256 %s...), so the same version %d",
        result.getSha256().substring(0, 12),
        result.getModelVersion());
  }

  private void confusion(Result result) {
    screen.line(
        "  which digit (row) was taken for which (column), by version %d:",
        result.getModelVersion());
    StringBuilder head = new StringBuilder("     ");
    for (int digit = 0; digit < 10; digit++) {
      head.append(String.format(Locale.ROOT, "%4d", digit));
    }
    screen.line(head.toString());
    for (int row = 0; row < 10; row++) {
      StringBuilder line = new StringBuilder(String.format(Locale.ROOT, "%4d ", row));
      for (int column = 0; column < 10; column++) {
        int count = result.getConfusion(row * 10 + column);
        line.append(count == 0 ? "   ." : String.format(Locale.ROOT, "%4d", count));
      }
      screen.line(line.toString());
    }
  }
}
