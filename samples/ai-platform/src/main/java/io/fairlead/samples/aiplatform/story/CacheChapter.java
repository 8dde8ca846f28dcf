package io.fairlead.samples.aiplatform.story;

import com.google.protobuf.ByteString;
import io.fairlead.RpcException;
import io.fairlead.samples.aiplatform.api.gateway.Answer;
import io.fairlead.samples.aiplatform.api.gateway.AnswerSource;
import io.fairlead.samples.aiplatform.api.gateway.Vision;
import io.fairlead.samples.aiplatform.api.gateway.VisionRpc;
import io.fairlead.samples.aiplatform.api.image.Image;
import io.fairlead.samples.aiplatform.api.models.Deployment;
import io.fairlead.samples.aiplatform.models.Promotion;
import io.fairlead.samples.sharedcache.Redis;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What a model has answered to an image is kept: by each gateway, and by Redis for all of them. It
 * is never given for another version of the model, and nobody needs Redis.
 */
final class CacheChapter {
  private static final String FIRST = "gateway-1";
  private static final String SECOND = "gateway-2";
  private static final String INFER = ServingChapter.SERVICE + "/ModelInfer";
  private static final String LOST = "the shared store of answers, ";
  private static final int IMAGES = 40;
  private static final int ROUNDS = 10;

  /** Above the second for which a gateway leaves a store alone. */
  private static final int PAUSE_MILLIS = 1_100;

  private final Platform platform;
  private final Screen screen;
  private final List<Image> images;
  private final Tokens tokens;
  private final GatewayClient client;
  private final String token;
  private final Metrics metrics;

  CacheChapter(
      Platform platform, Screen screen, TestImages test, Tokens tokens, GatewayClient client)
      throws GeneralSecurityException {
    this.platform = platform;
    this.screen = screen;
    this.images = test.images().subList(0, IMAGES);
    this.tokens = tokens;
    this.client = client;
    this.token = tokens.token("vision.classify", Duration.ofMinutes(5));
    this.metrics = new Metrics(platform);
  }

  void play(Optional<Redis> redis) throws IOException, InterruptedException {
    screen.line("");
    screen.line("Cache");
    Vision first = client.grpc(token, FIRST);
    kept(first);
    if (redis.isEmpty()) {
      return;
    }
    platform
        .certificates()
        .ifPresent(
            each ->
                new LinkProbe(screen, each)
                    .play("Redis", redis.get().address().getPort(), LinkProbe.Protocol.REDIS));
    GatewayChapter.start(platform, tokens, SECOND, redis);
    ServingChapter.start(platform, "model-old", TrainingChapter.MODEL, 1, "batch=32");
    platform.awaitOnly(VisionRpc.SERVICE_NAME, FIRST, SECOND);
    ServingChapter.awaitReady(platform, "model-old", TrainingChapter.MODEL);
    Vision second = client.grpc(token, SECOND);
    platform.awaitCall(
        "the second gateway knows what is deployed",
        () -> client.classify(second, images.get(0)).getSource() == AnswerSource.MODEL);
    versions(shared(first, second), first, second);
    lost(redis.get(), first, second);
    platform.drain(ServingChapter.SERVICE, "model-old");
    platform.drain(VisionRpc.SERVICE_NAME, SECOND);
  }

  private long inferences() {
    return metrics.callsBut("model-3", INFER, List.of());
  }

  /** The same digits in other bytes, which no gateway knows. */
  private List<Image> others(String mark) {
    return images.stream()
        .map(
            image ->
                image.toBuilder()
                    .setContent(image.getContent().concat(ByteString.copyFromUtf8(mark)))
                    .build())
        .toList();
  }

  private void kept(Vision gateway) {
    Image image = others("kept").get(0);
    Answer computed = client.ask(gateway, image);
    Answer kept = client.ask(gateway, image);
    screen.check(
        computed.getCachedBy().isEmpty()
            && kept.getCachedBy().equals(FIRST)
            && kept.getDigit() == computed.getDigit(),
        "an image is asked for twice: a %d, by %s, version %d; the second answer was kept by %s",
        computed.getDigit(),
        computed.getEndpoint(),
        computed.getModelVersion(),
        kept.getCachedBy());
  }

  /**
   * Lets one gateway compute what the other one then has. On a machine that is busy Redis may
   * answer too late, and is then left alone for a second; so other images are taken until all was
   * in time. Returns those that were.
   */
  private List<Image> shared(Vision first, Vision second) throws InterruptedException {
    for (int round = 1; ; round++) {
      List<Image> fresh = others("shared-" + round);
      int computed = 0;
      for (Image image : fresh) {
        computed += client.ask(first, image).getCachedBy().isEmpty() ? 1 : 0;
      }
      // An answer goes to Redis when its caller has it already.
      Thread.sleep(PAUSE_MILLIS);
      long before = inferences();
      int kept = 0;
      for (Image image : fresh) {
        kept += client.ask(second, image).getCachedBy().equals(FIRST) ? 1 : 0;
      }
      long calls = inferences() - before;
      if (kept == IMAGES || round == ROUNDS) {
        screen.check(
            computed == IMAGES && kept == IMAGES && calls == 0,
            "%d images are computed for %s; %s answers %d of them from the cache, with %d calls of a"
                + " model",
            computed,
            FIRST,
            SECOND,
            kept,
            calls);
        return fresh;
      }
    }
  }

  /** Another version answers for itself, and the first one finds its answers again. */
  private void versions(List<Image> known, Vision first, Vision second)
      throws InterruptedException {
    Promotion promotion = new Promotion(platform.models, TrainingChapter.MODEL);
    Deployment all = promotion.begin(promotion.present(), 1, 100);
    awaitVersion(1, first, second);
    int own = 0;
    for (Image image : known) {
      Answer answer = client.ask(second, image);
      own += answer.getModelVersion() == 1 && answer.getCachedBy().isEmpty() ? 1 : 0;
    }
    Deployment back = promotion.takeBack(all);
    awaitVersion(back.getStableVersion(), first, second);
    int again = 0;
    for (Image image : known) {
      Answer answer = client.ask(second, image);
      again += answer.getModelVersion() == 2 && answer.getCachedBy().equals(FIRST) ? 1 : 0;
    }
    screen.check(
        own == IMAGES && again == IMAGES,
        "version 1 gets all requests: it computes %d of %d images that version 2 has answered; then"
            + " version 2 does: %d of its answers are found again",
        own,
        IMAGES,
        again);
  }

  private void awaitVersion(int version, Vision... gateways) throws InterruptedException {
    for (Vision gateway : gateways) {
      platform.awaitCall(
          "a gateway follows the deployment",
          () -> client.classify(gateway, images.get(0)).getModelVersion() == version);
    }
  }

  private void lost(Redis redis, Vision first, Vision second)
      throws IOException, InterruptedException {
    long before = lines(FIRST) + lines(SECOND);
    redis.kill();
    int failed = 0;
    for (Image image : others("lost")) {
      for (Vision gateway : List.of(first, second)) {
        try {
          Answer unused = client.ask(gateway, image);
        } catch (RpcException e) {
          failed++;
        }
      }
    }
    long lines = lines(FIRST) + lines(SECOND);
    long counted = metrics.lostStores(FIRST) + metrics.lostStores(SECOND);
    screen.check(
        failed == 0 && counted >= 2 && lines >= 2 && lines - before <= 2,
        "Redis was killed with -9: %d requests, %d failed; two gateways count %d failures of it, in"
            + " %d lines of their logs",
        2 * IMAGES,
        failed,
        counted,
        lines);
    redis.startAgain();
    int[] round = {0};
    platform.awaitCall(
        "gateways share again",
        () -> {
          // An image that was asked for before may have been kept without Redis.
          Image image = others("again-" + round[0]++).get(0);
          Answer unused = client.ask(first, image);
          return client.ask(second, image).getCachedBy().equals(FIRST);
        });
    screen.check(true, "Redis is there again, and so is what the gateways share");
  }

  private long lines(String gateway) {
    try (Stream<String> lines = Files.lines(platform.fleet().log(gateway))) {
      return lines.filter(line -> line.contains(LOST)).count();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the log of " + gateway, e);
    }
  }
}
