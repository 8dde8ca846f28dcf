package io.fairlead.samples.aiplatform.training;

import com.google.protobuf.ByteString;
import io.fairlead.RpcException;
import io.fairlead.Source;
import io.fairlead.samples.aiplatform.api.train.Architecture;
import io.fairlead.samples.aiplatform.api.train.Checkpoint;
import io.fairlead.samples.aiplatform.api.train.Progress;
import io.fairlead.samples.aiplatform.api.train.State;
import io.fairlead.samples.aiplatform.api.train.TrainRequest;
import io.fairlead.samples.aiplatform.api.train.Trainer;
import io.fairlead.samples.aiplatform.common.Floats;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.BiConsumer;
import java.util.function.Function;

/**
 * One model of several trainers, each of which has images that no other sees (federated averaging,
 * McMahan et al., 2017). In each round every trainer begins with the same parameters and learns
 * from its own images for some epochs; their parameters are then averaged by the number of those
 * images. This side gets parameters and numbers, and no image.
 *
 * <p>A trainer that is lost in a round is left out of its average, and takes part in the next one.
 * A round in which none is left is made again; what was reached before is in checkpoints.
 */
public final class FederatedTraining {
  private static final int TRIES = 3;

  private final Map<String, Trainer> trainers;
  private final Function<String, Checkpoint> checkpoints;
  private final BiConsumer<String, Progress> reports;
  private final String job;
  private final String model;
  private final long seed;
  private final int epochs;

  /**
   * @param trainers by their ids
   * @param checkpoints returns the last checkpoint of a job
   * @param reports gets all reports of trainers, on threads of their own
   * @param job begins the ids of the jobs; must be new
   * @param model begins the names of the models that each trainer registers
   * @param epochs of each round
   */
  public FederatedTraining(
      Map<String, Trainer> trainers,
      Function<String, Checkpoint> checkpoints,
      BiConsumer<String, Progress> reports,
      String job,
      String model,
      long seed,
      int epochs) {
    this.trainers = new TreeMap<>(trainers);
    this.checkpoints = checkpoints;
    this.reports = reports;
    this.job = job;
    this.model = model;
    this.seed = seed;
    this.epochs = epochs;
  }

  /**
   * What a trainer has learnt in a round.
   *
   * @param examples how many it has learnt from
   * @param accuracy of its own parameters, on the test images
   */
  @SuppressWarnings("ArrayRecordComponent") // nobody compares them
  public record Part(float[] parameters, int examples, double accuracy) {}

  /**
   * A round that has ended.
   *
   * @param network the average
   * @param parts of it, by trainer
   * @param lost why trainers are not in it
   */
  public record Round(Network network, Map<String, Part> parts, Map<String, String> lost) {}

  /** Returns the network that the first round begins with. */
  public Network begin(int inputs) {
    return Network.random(TrainingRun.sizes(Architecture.MLP_64_32, inputs), seed);
  }

  /**
   * Runs a round.
   *
   * @param number of the round, from 1
   * @param before what each trainer begins with
   * @throws IllegalStateException if no trainer has come to its end, several times
   */
  public Round round(int number, Network before) {
    Map<String, String> lost = new TreeMap<>();
    for (int i = 0; i < TRIES; i++) {
      Map<String, Part> parts = train(number, before, lost);
      if (!parts.isEmpty()) {
        return new Round(before.with(average(List.copyOf(parts.values()))), parts, lost);
      }
    }
    throw new IllegalStateException(
        "no trainer came to the end of round " + number + ", " + TRIES + " times: " + lost);
  }

  private Map<String, Part> train(int number, Network before, Map<String, String> lost) {
    Map<String, CompletableFuture<Part>> begun = new LinkedHashMap<>();
    trainers.forEach(
        (id, trainer) ->
            begun.put(
                id,
                CompletableFuture.supplyAsync(
                    () -> part(id, trainer, request(number, id, before)),
                    task -> new Thread(task, "round-" + number + "-" + id).start())));
    lost.clear();
    Map<String, Part> parts = new TreeMap<>();
    begun.forEach(
        (id, part) -> {
          try {
            parts.put(id, part.join());
          } catch (CompletionException e) {
            if (!(e.getCause() instanceof RpcException failure)) {
              throw e;
            }
            lost.put(id, failure.code().toString());
          }
        });
    return parts;
  }

  /** The round is part of the job's id: asked for again, it goes on. */
  private TrainRequest request(int round, String trainer, Network before) {
    return TrainRequest.newBuilder()
        .setJobId(job + "-" + round + "-" + trainer)
        .setModelName(model + "-" + trainer)
        .setArchitecture(Architecture.MLP_64_32)
        .setSeed(seed + round)
        .setMaxEpochs(epochs)
        // Each trainer has all epochs of a round, whether they help it or not.
        .setPatience(epochs + 1)
        .setInitialParameters(Floats.toBytes(before.parameters()))
        .build();
  }

  private Part part(String id, Trainer trainer, TrainRequest request) {
    Progress last = Progress.getDefaultInstance();
    try (Source<Progress> all = trainer.train(request)) {
      for (Progress report : all) {
        reports.accept(id, report);
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
    Checkpoint checkpoint = checkpoints.apply(request.getJobId());
    ByteString parameters = checkpoint.getParameters();
    return new Part(
        Floats.of(parameters), checkpoint.getExamples(), last.getResult().getTestAccuracy());
  }

  /** Returns the mean of the parameters, each weighted by the number of its examples. */
  static float[] average(List<Part> parts) {
    int length = parts.get(0).parameters.length;
    double[] sums = new double[length];
    long examples = 0;
    for (Part part : parts) {
      if (part.parameters.length != length || part.examples < 1) {
        throw new IllegalArgumentException(
            "a part has "
                + part.parameters.length
                + " parameters of "
                + part.examples
                + " examples; the first one has "
                + length
                + " parameters, and each has 1 example or more");
      }
      examples += part.examples;
      for (int i = 0; i < length; i++) {
        sums[i] += (double) part.examples * part.parameters[i];
      }
    }
    float[] average = new float[length];
    for (int i = 0; i < length; i++) {
      average[i] = (float) (sums[i] / examples);
    }
    return average;
  }
}
