package io.fairlead.samples.aiplatform.story;

import io.fairlead.RpcException;
import io.fairlead.Source;
import io.fairlead.samples.aiplatform.api.train.Architecture;
import io.fairlead.samples.aiplatform.api.train.Progress;
import io.fairlead.samples.aiplatform.api.train.Result;
import io.fairlead.samples.aiplatform.api.train.State;
import io.fairlead.samples.aiplatform.api.train.TrainRequest;
import io.fairlead.samples.aiplatform.api.train.TrainerRpc;
import io.fairlead.samples.aiplatform.training.TrainerService;
import java.util.Locale;

/** Three models are trained; the trainer is killed in the middle of the best one. */
final class TrainingChapter {
  static final String MODEL = "digits";
  static final String SMALL = "digits-small";

  private static final int KILL_AFTER = 6;
  private static final double FLOOR = 0.95;

  private final Platform platform;
  private final Screen screen;

  TrainingChapter(Platform platform, Screen screen) {
    this.platform = platform;
    this.screen = screen;
  }

  void play() throws InterruptedException {
    screen.line("");
    screen.line("2. Training");
    Result small = train(job("small", SMALL, Architecture.SOFTMAX).build()).getResult();
    tell("the small model (softmax)", small, 0.85);
    Result first =
        train(job("first", MODEL, Architecture.MLP_64_32).setMaxEpochs(2).build()).getResult();
    tell("version " + first.getModelVersion() + ", of two epochs", first, 0.5);
    Result best = interrupted();
    tell("version " + best.getModelVersion(), best, FLOOR);
    undisturbed(best);
    confusion(best);
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
  private Progress train(TrainRequest request) {
    Progress last = Progress.getDefaultInstance();
    try (Source<Progress> reports = platform.trainer.train(request)) {
      for (Progress report : reports) {
        show(report);
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

  private Result interrupted() throws InterruptedException {
    TrainRequest request = job("best", MODEL, Architecture.MLP_64_32).build();
    int seen = 0;
    try (Source<Progress> reports = platform.trainer.train(request)) {
      for (Progress report : reports) {
        show(report);
        seen = report.getEpoch();
        if (seen == KILL_AFTER) {
          platform.fleet().kill("trainer-1");
        }
      }
    } catch (RpcException e) {
      screen.line(
          "  killed the trainer with -9 after epoch %d; its caller sees %s", seen, e.code());
    }
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
