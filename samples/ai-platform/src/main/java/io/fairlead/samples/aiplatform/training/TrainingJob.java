package io.fairlead.samples.aiplatform.training;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.TextFormat;
import io.fairlead.RpcException;
import io.fairlead.Source;
import io.fairlead.samples.aiplatform.api.models.Artifact;
import io.fairlead.samples.aiplatform.api.models.Kind;
import io.fairlead.samples.aiplatform.api.train.Checkpoint;
import io.fairlead.samples.aiplatform.api.train.Progress;
import io.fairlead.samples.aiplatform.api.train.Result;
import io.fairlead.samples.aiplatform.api.train.State;
import io.fairlead.samples.aiplatform.api.train.TrainRequest;
import io.fairlead.samples.aiplatform.common.Models;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** One job: it belongs to this process, and what it has reached belongs to the model registry. */
final class TrainingJob implements Runnable {
  private final TrainRequest request;
  private final Models models;
  private final Examples examples;

  /** All that was reported. Guarded by this; who waits is notified of each. */
  private final List<Progress> reports = new ArrayList<>();

  private volatile boolean cancelled;

  TrainingJob(TrainRequest request, Models models, Examples examples) {
    this.request = request;
    this.models = models;
    this.examples = examples;
    report(Progress.newBuilder().setState(State.LOADING));
  }

  TrainRequest request() {
    return request;
  }

  @Override
  public void run() {
    try {
      Optional<Result> known = finishedBefore();
      if (known.isPresent()) {
        report(
            Progress.newBuilder()
                .setState(State.DONE)
                .setEpoch(known.get().getEpochs())
                .setResumedAfter(known.get().getEpochs())
                .setResult(known.get()));
      } else {
        train();
      }
    } catch (RuntimeException | InvalidProtocolBufferException e) {
      fail(e);
    } catch (InterruptedException e) {
      fail(e);
      Thread.currentThread().interrupt();
    }
  }

  private void train() throws InterruptedException, InvalidProtocolBufferException {
    Optional<Models.Download> saved = models.find(checkpointName(), Kind.CHECKPOINT, 0);
    TrainingRun run;
    int resumedAfter = 0;
    if (saved.isPresent()) {
      Checkpoint checkpoint = Checkpoint.parseFrom(saved.get().content());
      if (!checkpoint.getRequest().equals(request)) {
        throw new IllegalStateException(
            "the job id " + request.getJobId() + " was used for another request; take a new one");
      }
      run = TrainingRun.resume(checkpoint, examples.training());
      resumedAfter = checkpoint.getEpoch();
    } else {
      run = TrainingRun.begin(request, examples.training());
    }
    while (!run.isDone()) {
      if (cancelled) {
        report(progress(run.last(), resumedAfter).setState(State.CANCELLED));
        return;
      }
      Checkpoint checkpoint = run.epoch();
      // First it is kept, then it is told: what a caller has seen is not lost.
      models.put(
          checkpointName(),
          Kind.CHECKPOINT,
          checkpoint.getEpoch(),
          checkpoint.toByteString(),
          Map.of("job", request.getJobId()));
      report(progress(checkpoint, resumedAfter));
    }
    Result result = finish(run);
    report(progress(run.last(), resumedAfter).setState(State.DONE).setResult(result));
  }

  private Result finish(TrainingRun run) throws InterruptedException {
    Network network = run.best();
    Evaluation test = Evaluation.of(network, examples.test());
    ByteString file = OnnxFile.write(network);
    Result.Builder result =
        Result.newBuilder()
            .setEpochs(run.last().getEpoch())
            .setBestEpoch(run.last().getBestEpoch())
            .setSeconds(run.last().getSeconds())
            .setTestAccuracy(test.accuracy())
            .setTestLoss(test.loss())
            .setTestImages(test.count());
    Arrays.stream(test.confusion()).forEach(result::addConfusion);
    Map<String, String> labels =
        Map.of(
            "job", request.getJobId(),
            "accuracy", String.format(Locale.ROOT, "%.4f", test.accuracy()),
            "result", TextFormat.printer().emittingSingleLine(true).printToString(result));
    Artifact artifact = models.put(request.getModelName(), Kind.MODEL, 0, file, labels);
    return result.setModelVersion(artifact.getVersion()).setSha256(artifact.getSha256()).build();
  }

  /** Another process, or this one before it was killed, may have trained it to the end. */
  private Optional<Result> finishedBefore() {
    for (Artifact artifact : models.list(request.getModelName(), Kind.MODEL)) {
      if (request.getJobId().equals(artifact.getLabelsMap().get("job"))) {
        Result.Builder result = Result.newBuilder();
        try {
          TextFormat.merge(artifact.getLabelsOrDefault("result", ""), result);
        } catch (TextFormat.ParseException e) {
          throw new IllegalStateException(
              "the result of version " + artifact.getVersion() + " cannot be read", e);
        }
        return Optional.of(
            result.setModelVersion(artifact.getVersion()).setSha256(artifact.getSha256()).build());
      }
    }
    return Optional.empty();
  }

  private Progress.Builder progress(Checkpoint checkpoint, int resumedAfter) {
    return Progress.newBuilder()
        .setState(State.RUNNING)
        .setEpoch(checkpoint.getEpoch())
        .setTrainingLoss(checkpoint.getTrainingLoss())
        .setValidationLoss(checkpoint.getValidationLoss())
        .setValidationAccuracy(checkpoint.getValidationAccuracy())
        .setResumedAfter(resumedAfter);
  }

  private void fail(Exception e) {
    String why = e instanceof RpcException failed ? failed.getMessage() : String.valueOf(e);
    report(last().toBuilder().setState(State.FAILED).setFailure(why));
  }

  private synchronized void report(Progress.Builder progress) {
    reports.add(progress.setJobId(request.getJobId()).build());
    notifyAll();
  }

  synchronized Progress last() {
    return reports.get(reports.size() - 1);
  }

  /** Returns whether it will report nothing more. */
  boolean isOver() {
    return isLast(last());
  }

  private static boolean isLast(Progress progress) {
    return switch (progress.getState()) {
      case DONE, CANCELLED, FAILED -> true;
      default -> false;
    };
  }

  void cancel() {
    cancelled = true;
  }

  /** Returns all reports, also those to come. */
  Source<Progress> reports() {
    return Source.from(
        out -> {
          Progress next;
          int index = 0;
          do {
            next = await(index++);
            out.send(next);
          } while (!isLast(next));
        });
  }

  private synchronized Progress await(int index) throws InterruptedException {
    while (index >= reports.size()) {
      wait();
    }
    return reports.get(index);
  }

  private String checkpointName() {
    return "job-" + request.getJobId();
  }
}
