package io.fairlead.samples.aiplatform.story;

import com.google.protobuf.InvalidProtocolBufferException;
import io.fairlead.Source;
import io.fairlead.samples.aiplatform.api.capture.ReplayRequest;
import io.fairlead.samples.aiplatform.api.capture.Share;
import io.fairlead.samples.aiplatform.api.capture.Split;
import io.fairlead.samples.aiplatform.api.image.Image;
import io.fairlead.samples.aiplatform.api.models.Artifact;
import io.fairlead.samples.aiplatform.api.models.Kind;
import io.fairlead.samples.aiplatform.api.train.Checkpoint;
import io.fairlead.samples.aiplatform.api.train.Progress;
import io.fairlead.samples.aiplatform.api.train.Trainer;
import io.fairlead.samples.aiplatform.api.train.TrainerRpc;
import io.fairlead.samples.aiplatform.common.Inference;
import io.fairlead.samples.aiplatform.common.Models;
import io.fairlead.samples.aiplatform.training.FederatedTraining;
import io.fairlead.samples.aiplatform.training.Network;
import io.fairlead.samples.aiplatform.training.OnnxFile;
import io.fairlead.samples.aiplatform.training.TrainerService;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Two trainers, each with half of the images, train one model; one of them is killed in a round.
 */
final class FederatedChapter {
  private static final String MODEL = "digits-federated";
  private static final String FIRST = "trainer-half-1";
  private static final String SECOND = "trainer-half-2";
  private static final int ROUNDS = 6;
  private static final int EPOCHS = 5;
  private static final int KILL_IN = 3;
  private static final long SEED = 2026;

  /** How much less than a trainer of all images the average may reach. */
  private static final double SLACK = 0.03;

  private final Platform platform;
  private final Screen screen;
  private final TestImages test;
  private final TrainingChapter training;
  private final DataSet data;
  private final Optional<Python> python;
  private volatile boolean kill;

  /**
   * @param python the second trainer is in Python if it is there, and else in Java
   */
  FederatedChapter(
      Platform platform,
      Screen screen,
      TestImages test,
      TrainingChapter training,
      DataSet data,
      Optional<Python> python) {
    this.platform = platform;
    this.screen = screen;
    this.test = test;
    this.training = training;
    this.data = data;
    this.python = python;
  }

  void play() throws InterruptedException {
    screen.line("");
    screen.line("Federated training");
    for (String trainer : platform.endpoints(TrainerRpc.SERVICE_NAME).keySet()) {
      if (platform.fleet().isAlive(trainer)) {
        platform.drain(TrainerRpc.SERVICE_NAME, trainer);
      }
    }
    halves();
    platform.fleet().start(TrainerService.class, FIRST, "images=1/2");
    startSecond();
    awaitTrainer(FIRST);
    awaitTrainer(SECOND);
    FederatedTraining federated =
        new FederatedTraining(
            Map.of(FIRST, trainer(FIRST), SECOND, trainer(SECOND)),
            this::checkpoint,
            this::reported,
            "federated",
            MODEL,
            SEED,
            EPOCHS);
    Network network = federated.begin(test.features(test.images().get(0)).length);
    for (int number = 1; number <= ROUNDS; number++) {
      network = round(federated, number, network);
    }
    compare(network);
    platform.drain(TrainerRpc.SERVICE_NAME, FIRST);
    platform.drain(TrainerRpc.SERVICE_NAME, SECOND);
  }

  private void startSecond() {
    if (python.isPresent()) {
      platform.fleet().start(python.get(), "trainer.py", SECOND, "images=2/2");
    } else {
      platform.fleet().start(TrainerService.class, SECOND, "images=2/2");
    }
  }

  private void awaitTrainer(String id) throws InterruptedException {
    platform.await(
        "the trainer " + id, () -> platform.endpoints(TrainerRpc.SERVICE_NAME).containsKey(id));
  }

  private String address() {
    return platform.endpoint(TrainerRpc.SERVICE_NAME, SECOND).addresses().get(0).hostAndPort();
  }

  private Trainer trainer(String id) {
    return TrainerRpc.client(platform.trainers.with(Inference.instance(id)));
  }

  private Checkpoint checkpoint(String job) {
    try {
      return Checkpoint.parseFrom(
          new Models(platform.models).get("job-" + job, Kind.CHECKPOINT, 0).content());
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("the checkpoint of " + job + " cannot be read", e);
    }
  }

  /** No image is in both halves, and none in neither. */
  private void halves() {
    Set<String> first = ids(1);
    Set<String> second = ids(2);
    Set<String> both = new TreeSet<>(first);
    both.addAll(second);
    Set<String> all = ids(ReplayRequest.newBuilder().setSplit(Split.TRAINING).build());
    screen.check(
        both.equals(all) && both.size() == first.size() + second.size() && !second.isEmpty(),
        "capture has %,d images to learn from: %d for %s, %d for %s (%s), none for both",
        all.size(),
        first.size(),
        FIRST,
        second.size(),
        SECOND,
        python.isPresent() ? "in Python" : "in Java too");
  }

  private Set<String> ids(int half) {
    return ids(
        ReplayRequest.newBuilder()
            .setSplit(Split.TRAINING)
            .setShare(Share.newBuilder().setNumber(half).setOf(2))
            .build());
  }

  private Set<String> ids(ReplayRequest request) {
    try (Source<Image> images = platform.capture.replay(request)) {
      return images.stream().map(Image::getId).collect(Collectors.toCollection(TreeSet::new));
    }
  }

  private void reported(String trainer, Progress report) {
    screen.now("job %s: epoch %d", report.getJobId(), report.getEpoch());
    if (kill && trainer.equals(SECOND) && report.getEpoch() >= 1) {
      kill = false;
      try {
        platform.fleet().kill(SECOND);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private Network round(FederatedTraining federated, int number, Network before)
      throws InterruptedException {
    kill = number == KILL_IN;
    FederatedTraining.Round round = federated.round(number, before);
    Map<String, String> shares = new TreeMap<>();
    round
        .parts()
        .forEach(
            (id, part) ->
                shares.put(
                    id,
                    String.format(
                        Locale.ROOT, "%d images, %.3f", part.examples(), part.accuracy())));
    Set<String> expected = number == KILL_IN ? Set.of(FIRST) : Set.of(FIRST, SECOND);
    screen.check(
        round.parts().keySet().equals(expected),
        "round %d: the average of %s has an accuracy of %.3f%s",
        number,
        shares,
        accuracy(round.network()),
        round.lost().isEmpty() ? "" : "; lost is " + round.lost() + ", killed with -9");
    if (number == KILL_IN) {
      // The entry of the one that was killed stays for a while, with its address.
      String old = address();
      startSecond();
      platform.await(
          "the trainer " + SECOND + " again",
          () ->
              platform.endpoints(TrainerRpc.SERVICE_NAME).containsKey(SECOND)
                  && !address().equals(old));
    }
    return round.network();
  }

  private double accuracy(Network network) {
    long right =
        test.images().stream()
            .filter(
                image -> Network.best(network.predict(test.features(image))) == image.getLabel())
            .count();
    return (double) right / test.images().size();
  }

  /** What each trainer reaches with its own images alone, in as many epochs. */
  private void compare(Network average) {
    Map<String, Double> alone = new TreeMap<>();
    for (String id : List.of(FIRST, SECOND)) {
      Progress last =
          TrainingChapter.follow(
              trainer(id),
              training
                  .mlp("alone-" + id, MODEL + "-alone")
                  .setMaxEpochs(ROUNDS * EPOCHS)
                  .setPatience(ROUNDS * EPOCHS)
                  .build(),
              report -> {});
      alone.put(id, last.getResult().getTestAccuracy());
    }
    double reached = accuracy(average);
    double best = alone.values().stream().mapToDouble(Double::doubleValue).max().orElseThrow();
    double floor = data.floor() - SLACK;
    Artifact artifact =
        new Models(platform.models)
            .put(
                MODEL,
                Kind.MODEL,
                0,
                OnnxFile.write(average),
                Map.of("accuracy", String.format(Locale.ROOT, "%.4f", reached)));
    screen.check(
        reached >= floor && reached >= best - 0.01,
        "after %d rounds of %d epochs version %d of %s has an accuracy of %.3f (floor: %.2f); each"
            + " alone, with its images and %d epochs: %s; one with all images: %.3f",
        ROUNDS,
        EPOCHS,
        artifact.getVersion(),
        MODEL,
        reached,
        floor,
        ROUNDS * EPOCHS,
        alone.entrySet().stream()
            .map(each -> String.format(Locale.ROOT, "%s %.3f", each.getKey(), each.getValue()))
            .collect(Collectors.joining(", ")),
        training.accuracy());
  }
}
