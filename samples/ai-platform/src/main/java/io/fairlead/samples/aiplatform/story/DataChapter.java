package io.fairlead.samples.aiplatform.story;

import io.fairlead.Source;
import io.fairlead.samples.aiplatform.api.capture.CaptureStatus;
import io.fairlead.samples.aiplatform.api.capture.IngestSummary;
import io.fairlead.samples.aiplatform.api.capture.Split;
import io.fairlead.samples.aiplatform.api.capture.StatusRequest;
import io.fairlead.samples.aiplatform.api.image.Image;
import io.fairlead.samples.aiplatform.api.image.Problem;
import io.fairlead.samples.aiplatform.api.image.Rejection;
import io.fairlead.samples.aiplatform.common.Pipeline;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;

/** Images come in, bad ones among them, and flow through the stages. */
final class DataChapter {
  private static final int BOUND = 32;
  private static final int FLOOR_PER_SECOND = 200;

  /** What the bad images are refused for once they are looked into. */
  private static final Map<Problem, Long> EXPECTED =
      Map.of(
          Problem.UNKNOWN_FORMAT,
          1L,
          Problem.CORRUPT,
          1L,
          Problem.TOO_LARGE,
          1L,
          Problem.BLANK,
          1L);

  private final Platform platform;
  private final Screen screen;

  private final DataSet data;

  DataChapter(Platform platform, Screen screen, DataSet data) {
    this.platform = platform;
    this.screen = screen;
    this.data = data;
  }

  void play() throws Exception {
    screen.line("");
    screen.line("1. Data");
    List<Image> digits = data.images();
    List<Image> sent = new ArrayList<>(digits);
    sent.addAll(Digits.bad(digits.get(0)));
    IngestSummary first = platform.capture.ingest(Source.from(sent));
    screen.check(
        first.getStored() + first.getDuplicates() + first.getRejectionsCount() == sent.size()
            && first.getRejectionsCount() == 1,
        "capture took in %,d images: %,d kept, %d known already, %d refused (%s)",
        sent.size(),
        first.getStored(),
        first.getDuplicates(),
        first.getRejectionsCount(),
        problems(first.getRejectionsList()));
    IngestSummary again = platform.capture.ingest(Source.from(sent));
    screen.check(
        again.getStored() == 0,
        "the same stream sent again: %d kept, %,d known already",
        again.getStored(),
        again.getDuplicates());
    flow(first.getStored());
    slowReader();
  }

  private static String problems(List<Rejection> rejections) {
    return rejections.stream()
        .collect(Collectors.groupingBy(Rejection::getProblem, TreeMap::new, Collectors.counting()))
        .toString();
  }

  private Pipeline pipeline() {
    return new Pipeline(platform.capture, platform.preprocess, platform.features, BOUND);
  }

  private void flow(long stored) throws InterruptedException {
    Pipeline pipeline = pipeline();
    AtomicInteger read = new AtomicInteger();
    long begin = System.nanoTime();
    pipeline.run(
        Split.ALL,
        vector -> {
          if (read.incrementAndGet() % 100 == 0) {
            screen.now("%,d images have passed, %d are under way", read.get(), pipeline.underWay());
          }
        });
    double seconds = (System.nanoTime() - begin) / 1e9;
    Map<Problem, Long> refused =
        pipeline.rejections().stream()
            .collect(Collectors.groupingBy(Rejection::getProblem, Collectors.counting()));
    screen.check(
        read.get() + pipeline.rejections().size() == stored && refused.equals(EXPECTED),
        "capture -> preprocess -> features: %,d images in %.1f s, %d refused (%s)",
        read.get(),
        seconds,
        pipeline.rejections().size(),
        problems(pipeline.rejections()));
    screen.check(
        stored / seconds >= FLOOR_PER_SECOND,
        "%,.0f images/s through all stages (floor: %d)",
        stored / seconds,
        FLOOR_PER_SECOND);
    screen.check(
        pipeline.peak() <= BOUND,
        "at most %d images were under way (bound: %d)",
        pipeline.peak(),
        BOUND);
  }

  /** The last stage stops for a while, and all before it do. */
  private void slowReader() throws InterruptedException {
    Pipeline pipeline = pipeline();
    long before = status().getReplayed();
    long total = status().getImages();
    AtomicInteger read = new AtomicInteger();
    long[] stood = new long[1];
    pipeline.run(
        Split.ALL,
        vector -> {
          if (read.incrementAndGet() == 100) {
            stood[0] = settled() - before;
          }
        });
    screen.check(
        stood[0] < total && pipeline.peak() <= BOUND,
        "the reader paused after 100 images: capture stood still after %,d of %,d, %d between"
            + " the stages",
        stood[0],
        total,
        BOUND);
  }

  /** How many images capture has sent, once that stays the same. */
  private long settled() throws InterruptedException {
    long before;
    long now = status().getReplayed();
    do {
      before = now;
      Thread.sleep(200);
      now = status().getReplayed();
    } while (now != before);
    return now;
  }

  private CaptureStatus status() {
    return platform.capture.status(StatusRequest.getDefaultInstance());
  }
}
