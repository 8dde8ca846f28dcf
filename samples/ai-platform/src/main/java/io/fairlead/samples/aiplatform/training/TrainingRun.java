package io.fairlead.samples.aiplatform.training;

import com.google.protobuf.ByteString;
import io.fairlead.samples.aiplatform.api.train.Architecture;
import io.fairlead.samples.aiplatform.api.train.Checkpoint;
import io.fairlead.samples.aiplatform.api.train.TrainRequest;
import io.fairlead.samples.aiplatform.common.Floats;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * The training of one model, epoch by epoch.
 *
 * <p>What an epoch does depends on the seed, the examples and the checkpoint before it, and on
 * nothing else. So a run that goes on from a checkpoint ends with the same bytes as one that was
 * never interrupted.
 */
final class TrainingRun {
  private static final int BATCH = 32;
  private static final int CLASSES = 10;
  private static final float DROPOUT = 0.2f;

  /** One of this many training examples is not learnt from: it decides when to stop. */
  private static final int VALIDATION = 10;

  private final TrainRequest request;
  private final List<Example> learn = new ArrayList<>();
  private final List<Example> validate = new ArrayList<>();
  private final Network network;
  private final Adam adam;
  private Checkpoint last;

  private TrainingRun(TrainRequest request, List<Example> examples, Checkpoint from) {
    this.request = request;
    for (int i = 0; i < examples.size(); i++) {
      (i % VALIDATION == 0 ? validate : learn).add(examples.get(i));
    }
    int[] sizes = sizes(request.getArchitecture(), examples.get(0).values().length);
    this.network = new Network(sizes, Floats.of(from.getParameters()));
    this.adam =
        new Adam(
            Floats.of(from.getFirstMoments()), Floats.of(from.getSecondMoments()), from.getSteps());
    this.last = from;
  }

  static TrainingRun begin(TrainRequest request, List<Example> examples) {
    int[] sizes = sizes(request.getArchitecture(), examples.get(0).values().length);
    ByteString parameters =
        request.getInitialParameters().isEmpty()
            ? Floats.toBytes(Network.random(sizes, request.getSeed()).parameters())
            : request.getInitialParameters();
    ByteString zeros = Floats.toBytes(new float[Network.count(sizes)]);
    Checkpoint first =
        Checkpoint.newBuilder()
            .setRequest(request)
            .setParameters(parameters)
            .setBestParameters(parameters)
            .setFirstMoments(zeros)
            .setSecondMoments(zeros)
            .setBestLoss(Double.MAX_VALUE)
            .build();
    return new TrainingRun(request, examples, first);
  }

  static TrainingRun resume(Checkpoint checkpoint, List<Example> examples) {
    return new TrainingRun(checkpoint.getRequest(), examples, checkpoint);
  }

  static int[] sizes(Architecture architecture, int inputs) {
    return architecture == Architecture.SOFTMAX
        ? new int[] {inputs, CLASSES}
        : new int[] {inputs, 64, 32, CLASSES};
  }

  /** Returns whether it has all its epochs, or got no better for long enough. */
  boolean isDone() {
    return last.getEpoch() >= request.getMaxEpochs()
        || last.getEpoch() - last.getBestEpoch() >= request.getPatience();
  }

  /** Learns from each example once, and returns all that the next epoch depends on. */
  Checkpoint epoch() {
    long begin = System.nanoTime();
    int epoch = last.getEpoch() + 1;
    SplittableRandom random = new SplittableRandom(request.getSeed() * 1_000_003 + epoch);
    Gradients gradients = new Gradients(network, network.layers() > 1 ? DROPOUT : 0);
    int[] order = shuffled(learn.size(), random);
    double loss = 0;
    for (int from = 0; from < order.length; from += BATCH) {
      int to = Math.min(from + BATCH, order.length);
      gradients.clear();
      for (int i = from; i < to; i++) {
        loss += gradients.add(learn.get(order[i]), random);
      }
      adam.step(network.parameters(), gradients.sums(), to - from);
    }
    Evaluation validation = Evaluation.of(network, validate);
    boolean better = validation.loss() < last.getBestLoss();
    ByteString parameters = Floats.toBytes(network.parameters());
    last =
        Checkpoint.newBuilder()
            .setRequest(request)
            .setEpoch(epoch)
            .setParameters(parameters)
            .setFirstMoments(Floats.toBytes(adam.firstMoments()))
            .setSecondMoments(Floats.toBytes(adam.secondMoments()))
            .setSteps(adam.steps())
            .setBestParameters(better ? parameters : last.getBestParameters())
            .setBestEpoch(better ? epoch : last.getBestEpoch())
            .setBestLoss(better ? validation.loss() : last.getBestLoss())
            .setTrainingLoss(loss / order.length)
            .setValidationLoss(validation.loss())
            .setValidationAccuracy(validation.accuracy())
            .setExamples(learn.size())
            .setSeconds(last.getSeconds() + (System.nanoTime() - begin) / 1e9)
            .build();
    return last;
  }

  Checkpoint last() {
    return last;
  }

  /** Returns the network of the best epoch so far. */
  Network best() {
    int[] sizes = sizes(request.getArchitecture(), network.inputs());
    return new Network(sizes, Floats.of(last.getBestParameters()));
  }

  private static int[] shuffled(int count, SplittableRandom random) {
    int[] order = new int[count];
    for (int i = 0; i < count; i++) {
      int other = random.nextInt(i + 1);
      order[i] = order[other];
      order[other] = i;
    }
    return order;
  }
}
