package io.fairlead.samples.aiplatform.story;

import com.google.protobuf.ByteString;
import io.fairlead.RpcException;
import io.fairlead.discovery.Address;
import io.fairlead.samples.aiplatform.api.features.FeaturesRpc;
import io.fairlead.samples.aiplatform.api.gateway.Answer;
import io.fairlead.samples.aiplatform.api.gateway.AnswerSource;
import io.fairlead.samples.aiplatform.api.gateway.Vision;
import io.fairlead.samples.aiplatform.api.gateway.VisionRpc;
import io.fairlead.samples.aiplatform.api.image.Image;
import io.fairlead.samples.aiplatform.api.image.Rejection;
import io.fairlead.samples.aiplatform.api.models.Deployment;
import io.fairlead.samples.aiplatform.features.FeatureService;
import io.fairlead.samples.aiplatform.gateway.VisionGateway;
import io.fairlead.samples.aiplatform.models.Promotion;
import io.fairlead.samples.sharedcache.Redis;
import io.grpc.Status;
import java.net.URI;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Users call; a better version takes over; then the models go, and then more. */
final class GatewayChapter {
  private static final String SCOPE = "vision.classify";
  private static final int CANARY_PERCENT = 10;

  private final Platform platform;
  private final Screen screen;
  private final TestImages test;
  private final Tokens tokens;
  private final Optional<Redis> redis;

  /**
   * @param redis where gateways share answers; without, each has its own
   */
  GatewayChapter(
      Platform platform, Screen screen, TestImages test, Tokens tokens, Optional<Redis> redis) {
    this.platform = platform;
    this.screen = screen;
    this.test = test;
    this.tokens = tokens;
    this.redis = redis;
  }

  GatewayClient play() throws Exception {
    screen.line("");
    screen.line("4. Gateway");
    Promotion promotion = new Promotion(platform.models, TrainingChapter.MODEL);
    Deployment unused = promotion.first(1);
    GatewayClient client = start();
    String token = tokens.token(SCOPE, Duration.ofMinutes(5));
    doors(client, token);
    refusals(client, token);
    promotions(client, token, promotion);
    degrade(client, token);
    return client;
  }

  private GatewayClient start() throws InterruptedException {
    start(platform, tokens, "gateway-1", redis);
    platform.awaitOnly(VisionRpc.SERVICE_NAME, "gateway-1");
    Address address = platform.endpoint(VisionRpc.SERVICE_NAME, "gateway-1").addresses().get(0);
    String base =
        platform.certificates().isPresent()
            ? "https://localhost:" + address.port()
            : "http://" + address.hostAndPort();
    return new GatewayClient(platform, URI.create(base));
  }

  /** Starts a gateway. */
  static void start(Platform platform, Tokens tokens, String id, Optional<Redis> redis) {
    List<String> settings =
        new ArrayList<>(
            List.of(
                AiPlatform.CALLS,
                "issuer=" + tokens.issuer(),
                "keys=" + tokens.keys(),
                "model=" + TrainingChapter.MODEL,
                "small=" + TrainingChapter.SMALL));
    redis.ifPresent(each -> settings.add("redis=127.0.0.1:" + each.address().getPort()));
    platform.fleet().start(VisionGateway.class, id, settings.toArray(String[]::new));
  }

  private void doors(GatewayClient client, String token) throws Exception {
    Image image = test.images().get(0);
    Vision vision = client.grpc(token);
    platform.awaitCall(
        "the gateway knows what is deployed",
        () -> client.classify(vision, image).getSource() == AnswerSource.MODEL);
    Answer grpc = client.classify(vision, image);
    HttpResponse<String> rest = client.post("/v1/images:classify", token, image.getContent());
    HttpResponse<String> connect =
        client.post("/vision.gateway.v1.Vision/Classify", token, image.getContent());
    screen.check(
        rest.statusCode() == 200
            && connect.statusCode() == 200
            && digit(rest.body()) == grpc.getDigit()
            && digit(connect.body()) == grpc.getDigit(),
        "gRPC, REST and Connect agree: a %d, with %.3f, by %s, version %d",
        grpc.getDigit(),
        grpc.getConfidence(),
        grpc.getEndpoint(),
        grpc.getModelVersion());
    HttpResponse<String> page = client.get("/");
    screen.check(
        page.statusCode() == 200 && page.body().contains("<title>Which digit is it?</title>"),
        "the page answers with %d",
        page.statusCode());
  }

  /** A 0 is not written: the JSON of protobuf leaves out what has its default. */
  private static int digit(String json) {
    Matcher field = Pattern.compile("\"digit\":(\\d)").matcher(json);
    return field.find() ? Integer.parseInt(field.group(1)) : 0;
  }

  private void refusals(GatewayClient client, String token) throws Exception {
    ByteString image = test.images().get(0).getContent();
    String path = "/v1/images:classify";
    int missing = client.post(path, "", image).statusCode();
    int expired = client.post(path, tokens.token(SCOPE, Duration.ofHours(-1)), image).statusCode();
    int other = client.post(path, tokens.token("other", Duration.ofMinutes(5)), image).statusCode();
    screen.check(
        missing == 401 && expired == 401 && other == 403,
        "no token: %d; an expired one: %d; one without the scope: %d",
        missing,
        expired,
        other);
    try {
      Answer unused =
          client.classify(
              client.grpc(token),
              Image.newBuilder().setContent(image.substring(0, image.size() / 2)).build());
      screen.check(false, "a damaged image was answered");
    } catch (RpcException e) {
      String problem =
          e.detail(Rejection.class).map(rejection -> rejection.getProblem().name()).orElse("");
      screen.check(
          e.code() == Status.Code.INVALID_ARGUMENT && problem.equals("CORRUPT"),
          "a damaged image: %s, %s (%s)",
          e.code(),
          problem,
          e.getStatus().getDescription());
    }
  }

  /** What a version answered, and how fast. */
  private static final class Tally {
    private final List<Long> micros = new ArrayList<>();
    private int right;

    void add(boolean correct, long took) {
      right += correct ? 1 : 0;
      micros.add(took);
    }

    int asked() {
      return micros.size();
    }

    double accuracy() {
      return micros.isEmpty() ? 0 : (double) right / micros.size();
    }

    double p99Millis() {
      long[] sorted = micros.stream().mapToLong(Long::longValue).sorted().toArray();
      return sorted.length == 0 ? 0 : sorted[(int) (0.99 * (sorted.length - 1))] / 1e3;
    }

    /** Whether this version may take the place of another one. */
    boolean mayReplace(Tally stable) {
      return asked() > 0
          && accuracy() >= stable.accuracy() - 0.01
          && p99Millis() <= 3 * stable.p99Millis() + 100;
    }
  }

  private void promotions(GatewayClient client, String token, Promotion promotion)
      throws InterruptedException {
    Vision vision = client.grpc(token);
    Deployment first = promotion.present();
    Deployment promoted = judge(client, vision, promotion, first, 2);
    screen.check(promoted.getStableVersion() == 2, "so version 2 was promoted");
    Deployment back = judge(client, vision, promotion, promoted, 1);
    screen.check(
        back.getStableVersion() == 2 && back.getCanaryVersion() == 0,
        "so version 1 was taken back, and 2 stays");
    platform.drain(ServingChapter.SERVICE, "model-1");
    Map<Integer, Tally> tallies = new TreeMap<>();
    int failed = askAll(client, vision, test.images(), tallies);
    Tally all = tallies.getOrDefault(2, new Tally());
    screen.check(
        failed == 0 && tallies.keySet().equals(Set.of(2)),
        "version 1 was drained: %d requests, all answered by version 2, accuracy %.3f",
        all.asked(),
        all.accuracy());
  }

  /** Runs the saga for a version: a canary, and then what its answers tell. */
  private Deployment judge(
      GatewayClient client, Vision vision, Promotion promotion, Deployment before, int version)
      throws InterruptedException {
    Deployment canary = promotion.begin(before, version, CANARY_PERCENT);
    awaitVersion(client, vision, version, true);
    Map<Integer, Tally> tallies = new TreeMap<>();
    int failed = askAll(client, vision, test.images(), tallies);
    Tally stable = tallies.getOrDefault(before.getStableVersion(), new Tally());
    Tally asked = tallies.getOrDefault(version, new Tally());
    double share = 100.0 * asked.asked() / test.images().size();
    screen.check(
        share > CANARY_PERCENT / 3.0 && share < CANARY_PERCENT * 3 && failed == 0,
        "canary: version %d got %.1f %% of %d requests (asked: %d %%), %d failed",
        version,
        share,
        test.images().size(),
        CANARY_PERCENT,
        failed);
    screen.line(
        "  version %d: accuracy %.3f, p99 %.0f ms; version %d: accuracy %.3f, p99 %.0f ms",
        version,
        asked.accuracy(),
        asked.p99Millis(),
        before.getStableVersion(),
        stable.accuracy(),
        stable.p99Millis());
    boolean better = asked.mayReplace(stable);
    Deployment decided = better ? promotion.promote(canary) : promotion.takeBack(canary);
    conflict(promotion, canary);
    awaitVersion(client, vision, version, better);
    return decided;
  }

  /** Somebody who decides on what they saw before must not undo what was decided since. */
  private void conflict(Promotion promotion, Deployment old) {
    try {
      Deployment unused = promotion.takeBack(old);
      screen.check(false, "a decision on an old deployment was accepted");
    } catch (RpcException e) {
      screen.check(
          e.code() == Status.Code.ABORTED,
          "a second decision on the same canary: %s, %s",
          e.code(),
          e.getStatus().getDescription());
    }
  }

  /** The gateway hears of a change soon after it was made. */
  private void awaitVersion(GatewayClient client, Vision vision, int version, boolean answers)
      throws InterruptedException {
    List<Image> some = test.images().subList(0, 60);
    platform.awaitCall(
        "the gateway follows the deployment",
        () ->
            answers
                == some.stream()
                    .anyMatch(
                        image -> client.classify(vision, image).getModelVersion() == version));
  }

  /** Asks for each image; degraded answers are those of version 0. Returns how many failed. */
  private int askAll(
      GatewayClient client, Vision vision, List<Image> images, Map<Integer, Tally> tallies) {
    int failed = 0;
    for (Image image : images) {
      long begin = System.nanoTime();
      try {
        Answer answer = client.classify(vision, image);
        tallies
            .computeIfAbsent(
                answer.getDegraded() ? 0 : answer.getModelVersion(), version -> new Tally())
            .add(answer.getDigit() == image.getLabel(), (System.nanoTime() - begin) / 1_000);
      } catch (RpcException e) {
        failed++;
      }
      screen.now("answers by version: %s", counts(tallies));
    }
    return failed;
  }

  private static Map<Integer, Integer> counts(Map<Integer, Tally> tallies) {
    Map<Integer, Integer> counts = new TreeMap<>();
    tallies.forEach((version, tally) -> counts.put(version, tally.asked()));
    return counts;
  }

  private void degrade(GatewayClient client, String token) throws InterruptedException {
    screen.line("");
    screen.line("5. Degradation");
    Vision vision = client.grpc(token);
    Image known = test.images().get(0);
    platform.fleet().kill("model-2");
    Map<Integer, Tally> tallies = new TreeMap<>();
    List<Image> some = test.images().subList(0, 120);
    int failed = askAll(client, vision, some, tallies);
    Tally degraded = tallies.getOrDefault(0, new Tally());
    Answer answer = client.classify(vision, known);
    screen.check(
        failed == 0
            && degraded.asked() == some.size()
            && answer.getSource() == AnswerSource.SMALL_MODEL,
        "the only model server was killed with -9: %d of %d answers are degraded, by the small"
            + " model, accuracy %.3f, %d failed",
        degraded.asked(),
        some.size(),
        degraded.accuracy(),
        failed);
    platform.fleet().kill("features-1");
    Answer last = client.classify(vision, known);
    screen.check(
        last.getSource() == AnswerSource.LAST_ANSWER && last.getDegraded(),
        "no features either: the last answer to a known image, a %d",
        last.getDigit());
    unknownImage(client, vision);
    long begin = System.nanoTime();
    platform.fleet().start(FeatureService.class, "features-1", AiPlatform.CALLS);
    ServingChapter.start(
        platform, "model-3", TrainingChapter.MODEL, 2, "batch=32", AiPlatform.CALLS);
    ServingChapter.awaitReady(platform, "model-3", TrainingChapter.MODEL);
    platform.awaitOnly(FeaturesRpc.SERVICE_NAME, "features-1");
    platform.awaitCall(
        "answers are whole again", () -> !client.classify(vision, known).getDegraded());
    screen.check(
        true,
        "both are back: whole answers %.1f s after their start",
        (System.nanoTime() - begin) / 1e9);
  }

  private void unknownImage(GatewayClient client, Vision vision) {
    ByteString content = test.images().get(0).getContent();
    // Bytes behind the end of a PNG change nothing of the image, and all of its SHA-256.
    Image unknown =
        Image.newBuilder().setContent(content.concat(ByteString.copyFromUtf8("?"))).build();
    try {
      Answer unused = client.classify(vision, unknown);
      screen.check(false, "an unknown image was answered");
    } catch (RpcException e) {
      screen.check(
          e.code() == Status.Code.UNAVAILABLE
              && e.getMessage().contains("no part of the platform can answer"),
          "and an unknown image fails clearly: %s",
          e.code());
    }
  }
}
