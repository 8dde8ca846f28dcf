package io.fairlead.samples.aiplatform.story;

import io.fairlead.RpcException;
import io.fairlead.Source;
import io.fairlead.client.RpcChannel;
import io.fairlead.observe.CallExplanation;
import io.fairlead.observe.CallObserver;
import io.fairlead.observe.CallOutcome;
import io.fairlead.samples.aiplatform.api.gateway.Answer;
import io.fairlead.samples.aiplatform.api.gateway.BatchAnswer;
import io.fairlead.samples.aiplatform.api.gateway.ClassifyRequest;
import io.fairlead.samples.aiplatform.api.gateway.Vision;
import io.fairlead.samples.aiplatform.api.image.Image;
import io.fairlead.samples.aiplatform.api.inference.GRPCInferenceServiceRpc;
import io.fairlead.samples.aiplatform.api.inference.ModelInferResponse;
import io.fairlead.samples.aiplatform.common.Inference;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.IntConsumer;

/**
 * A batch goes to the server with a GPU, and those who wait for an answer to one without. There is
 * no GPU here: a server that is told to claim one stands for it.
 */
final class DeviceChapter {
  private static final String GPU = "model-gpu";
  private static final int VERSION = 2;
  private static final int INTERACTIVE = 60;
  private static final int KILL_AFTER = 50;

  private final Platform platform;
  private final Screen screen;
  private final TestImages test;
  private final GatewayClient client;
  private final Vision vision;

  DeviceChapter(
      Platform platform, Screen screen, TestImages test, Tokens tokens, GatewayClient client)
      throws GeneralSecurityException {
    this.platform = platform;
    this.screen = screen;
    this.test = test;
    this.client = client;
    this.vision = client.grpc(tokens.token("vision.classify", Duration.ofMinutes(5)));
  }

  void play() throws InterruptedException {
    screen.line("");
    screen.line("Devices");
    ServingChapter.start(
        platform, GPU, TrainingChapter.MODEL, VERSION, "batch=32", "device=gpu", AiPlatform.CALLS);
    ServingChapter.awaitReady(platform, GPU, TrainingChapter.MODEL);
    platform.awaitCall(
        "the gateway knows the server with a GPU",
        () ->
            batch(test.images().subList(0, 1), answered -> {}).equals(Map.of("gpu by " + GPU, 1)));
    apart();
    without();
  }

  /** What is answered on which device, by whom. */
  private static void count(Map<String, Integer> counts, Answer answer) {
    counts.merge(answer.getDevice() + " by " + answer.getEndpoint(), 1, Integer::sum);
  }

  /** Has images classified as one batch; {@code each} gets the number of answers so far. */
  private Map<String, Integer> batch(List<Image> images, IntConsumer each) {
    Map<String, Integer> counts = new TreeMap<>();
    Source<ClassifyRequest> requests =
        Source.from(
            images.stream()
                .map(
                    image ->
                        ClassifyRequest.newBuilder()
                            .setImage(image.getContent())
                            .setFresh(true)
                            .build())
                .toList());
    int answered = 0;
    try (Source<BatchAnswer> answers = vision.classifyAll(requests)) {
      for (BatchAnswer next : answers) {
        count(counts, next.getAnswer());
        each.accept(++answered);
      }
    }
    return counts;
  }

  private void apart() {
    CompletableFuture<Map<String, Integer>> job =
        CompletableFuture.supplyAsync(() -> batch(test.images(), answered -> {}));
    Map<String, Integer> interactive = new TreeMap<>();
    int failed = 0;
    for (Image image : test.images().subList(0, INTERACTIVE)) {
      try {
        count(interactive, client.classify(vision, image));
      } catch (RpcException e) {
        failed++;
      }
    }
    boolean together = !job.isDone();
    Map<String, Integer> batch = job.join();
    screen.check(
        batch.equals(Map.of("gpu by " + GPU, test.images().size()))
            && interactive.equals(Map.of("cpu by model-3", INTERACTIVE))
            && failed == 0,
        "a batch of %d images: %s; calls %s: %s, %d failed",
        test.images().size(),
        batch,
        together ? "meanwhile" : "beside it",
        interactive,
        failed);
  }

  private void without() {
    Map<String, Integer> batch =
        batch(
            test.images(),
            answered -> {
              if (answered == KILL_AFTER) {
                kill();
              }
            });
    int all = batch.values().stream().mapToInt(Integer::intValue).sum();
    screen.check(
        all == test.images().size()
            && batch.getOrDefault("cpu by model-3", 0) > 0
            && batch.getOrDefault("gpu by " + GPU, 0) >= KILL_AFTER,
        "the server with the GPU was killed with -9 in a batch of %d images: %s, none is lost",
        test.images().size(),
        batch);
    Answer answer = answers(test.images().get(0));
    screen.check(
        answer.getDevice().equals("cpu") && !answer.getDeviceReason().isEmpty(),
        "a batch without a GPU: %s by %s; %s",
        answer.getDevice(),
        answer.getEndpoint(),
        answer.getDeviceReason());
    explain();
  }

  private void kill() {
    try {
      platform.fleet().kill(GPU);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while " + GPU + " was killed", e);
    }
  }

  private Answer answers(Image image) {
    ClassifyRequest request =
        ClassifyRequest.newBuilder().setImage(image.getContent()).setFresh(true).build();
    try (Source<BatchAnswer> answers = vision.classifyAll(Source.from(List.of(request)))) {
      BatchAnswer only = answers.read();
      return only == null ? Answer.getDefaultInstance() : only.getAnswer();
    }
  }

  /** What the channel of the gateway says of such a call, a channel with its settings says too. */
  private void explain() {
    Queue<CallOutcome> outcomes = new ConcurrentLinkedQueue<>();
    CallObserver observer = outcomes::add;
    RpcChannel channel =
        platform.channel(
            GRPCInferenceServiceRpc.service(),
            builder -> Inference.policy(builder).observer(observer));
    Image image = test.images().get(0);
    ModelInferResponse response =
        GRPCInferenceServiceRpc.client(
                channel.with(Inference.version(TrainingChapter.MODEL, VERSION, "gpu")))
            .modelInfer(
                Inference.request(
                    TrainingChapter.MODEL, image.getId(), List.of(test.features(image))));
    String why =
        outcomes.stream()
            .map(CallExplanation::of)
            .flatMap(each -> each.text().lines())
            .filter(line -> line.contains("attempt 1"))
            .findFirst()
            .orElse("")
            .strip();
    screen.check(
        Inference.device(response).equals("cpu")
            && why.contains("no server with gpu takes the call"),
        "as its explanation has it: %s",
        why);
  }
}
