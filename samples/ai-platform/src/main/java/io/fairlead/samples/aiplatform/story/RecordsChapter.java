package io.fairlead.samples.aiplatform.story;

import com.google.protobuf.ByteString;
import io.fairlead.RpcException;
import io.fairlead.Source;
import io.fairlead.samples.aiplatform.api.capture.IngestSummary;
import io.fairlead.samples.aiplatform.api.capture.StatusRequest;
import io.fairlead.samples.aiplatform.api.gateway.Answer;
import io.fairlead.samples.aiplatform.api.gateway.CallerUsage;
import io.fairlead.samples.aiplatform.api.gateway.UsageRequest;
import io.fairlead.samples.aiplatform.api.gateway.Vision;
import io.fairlead.samples.aiplatform.api.gateway.VisionRpc;
import io.fairlead.samples.aiplatform.api.image.Image;
import io.grpc.Status;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** What services have written down is what has happened, also if their database was away. */
final class RecordsChapter {
  private static final String CLASSIFY = VisionRpc.SERVICE_NAME + "/Classify";
  private static final int WHILE_AWAY = 40;

  private final Platform platform;
  private final Screen screen;
  private final TestImages test;
  private final GatewayClient client;
  private final Vision vision;
  private final Metrics metrics;

  RecordsChapter(
      Platform platform, Screen screen, TestImages test, Tokens tokens, GatewayClient client)
      throws GeneralSecurityException {
    this.platform = platform;
    this.screen = screen;
    this.test = test;
    this.client = client;
    this.vision = client.grpc(tokens.token("vision.classify", Duration.ofMinutes(5)));
    this.metrics = new Metrics(platform);
  }

  void play(Optional<Postgres> postgres) throws IOException, SQLException, InterruptedException {
    screen.line("");
    screen.line("Records");
    requests(postgres.isPresent() ? "PostgreSQL" : "H2");
    if (postgres.isPresent()) {
      separate(postgres.get());
      away(postgres.get());
      requests("PostgreSQL, killed in between,");
      images(postgres.get());
    }
  }

  private CallerUsage usage() {
    return vision.usage(UsageRequest.getDefaultInstance());
  }

  private static long total(CallerUsage usage) {
    return usage.getSharesList().stream().mapToLong(CallerUsage.Share::getRequests).sum();
  }

  /** The gateway has a record of each request that was let in. */
  private void requests(String where) throws InterruptedException {
    platform.awaitCall("each request has its record", () -> total(usage()) == served());
    CallerUsage usage = usage();
    Map<String, Long> shares = new TreeMap<>();
    usage
        .getSharesList()
        .forEach(
            share ->
                shares.merge(
                    share.getStatus().equals("OK") ? share.getSource().name() : share.getStatus(),
                    share.getRequests(),
                    Long::sum));
    screen.check(
        total(usage) > 0 && total(usage) == served(),
        "%s has a record of each of %,d requests by \"%s\": %s",
        where,
        served(),
        usage.getCaller(),
        shares);
  }

  /** Returns how many requests its metrics count; those without a good token come to nobody. */
  private long served() {
    return metrics.callsBut("gateway-1", CLASSIFY, List.of("UNAUTHENTICATED", "PERMISSION_DENIED"));
  }

  /** No service reads the tables of another one. */
  private void separate(Postgres postgres) throws IOException {
    Optional<String> refusal = postgres.refusal(platform.fleet().folder("gateway-1"), "capture-1");
    screen.check(
        refusal.isPresent() && refusal.get().contains("permission denied"),
        "the gateway cannot enter the database of capture: %s",
        refusal.orElse("it can"));
    if (platform.certificates().isPresent()) {
      Optional<String> plain = postgres.refusalOfPlain();
      screen.check(
          plain.isPresent() && plain.get().contains("no encryption"),
          "the link to PostgreSQL, without TLS: %s",
          plain.orElse("open"));
    }
  }

  /** Nobody's answers stop with the database; what has to be written first is refused. */
  private void away(Postgres postgres) throws IOException, InterruptedException {
    postgres.kill();
    int failed = 0;
    for (Image image : test.images().subList(0, WHILE_AWAY)) {
      try {
        Answer unused = client.classify(vision, image);
      } catch (RpcException e) {
        failed++;
      }
    }
    screen.check(
        failed == 0,
        "PostgreSQL was killed with -9: %d requests meanwhile, %d failed",
        WHILE_AWAY,
        failed);
    // The same digit in other bytes: what stands behind the end of a PNG changes its SHA-256.
    Image another =
        Image.newBuilder()
            .setContent(
                test.images().get(0).getContent().concat(ByteString.copyFromUtf8("recorded")))
            .build();
    try {
      IngestSummary unused = platform.capture.ingest(Source.from(List.of(another)));
      screen.check(false, "an image was taken in without a record");
    } catch (RpcException e) {
      screen.check(
          e.code() == Status.Code.UNAVAILABLE,
          "an image is not taken in without its record: %s, %s",
          e.code(),
          e.getStatus().getDescription());
    }
    postgres.startAgain();
    IngestSummary[] summary = new IngestSummary[1];
    platform.awaitCall(
        "capture takes images again",
        () -> {
          summary[0] = platform.capture.ingest(Source.from(List.of(another)));
          return true;
        });
    screen.check(
        summary[0].getDuplicates() == 1,
        "it is there again, and the image is sent again: %d known already",
        summary[0].getDuplicates());
  }

  /** What capture has in its files and in its database is the same. */
  private void images(Postgres postgres) throws SQLException {
    long kept = platform.capture.status(StatusRequest.getDefaultInstance()).getImages();
    String recorded = postgres.ask("capture-1", "select count(*) from image");
    screen.check(
        recorded.equals(Long.toString(kept)),
        "capture has %,d images, and %s records of them in PostgreSQL (%s)",
        kept,
        recorded,
        postgres.ask("capture-1", "select split_part(version(), ' ', 2)"));
  }
}
