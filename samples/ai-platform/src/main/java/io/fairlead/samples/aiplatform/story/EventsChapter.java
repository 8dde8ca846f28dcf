package io.fairlead.samples.aiplatform.story;

import com.google.protobuf.ByteString;
import io.fairlead.RpcException;
import io.fairlead.Source;
import io.fairlead.samples.aiplatform.answers.AnswersService;
import io.fairlead.samples.aiplatform.answers.JournalService;
import io.fairlead.samples.aiplatform.api.answers.Answers;
import io.fairlead.samples.aiplatform.api.answers.AnswersRpc;
import io.fairlead.samples.aiplatform.api.answers.CountRequest;
import io.fairlead.samples.aiplatform.api.answers.Counts;
import io.fairlead.samples.aiplatform.api.answers.Journal;
import io.fairlead.samples.aiplatform.api.answers.JournalRpc;
import io.fairlead.samples.aiplatform.api.answers.ListRequest;
import io.fairlead.samples.aiplatform.api.answers.StoredAnswer;
import io.fairlead.samples.aiplatform.api.answers.SummarizeRequest;
import io.fairlead.samples.aiplatform.api.answers.Summary;
import io.fairlead.samples.aiplatform.api.capture.CaptureRpc;
import io.fairlead.samples.aiplatform.api.capture.IngestSummary;
import io.fairlead.samples.aiplatform.api.capture.ReplayRequest;
import io.fairlead.samples.aiplatform.api.capture.Split;
import io.fairlead.samples.aiplatform.api.capture.StatusRequest;
import io.fairlead.samples.aiplatform.api.image.Image;
import io.fairlead.samples.aiplatform.api.train.TrainerRpc;
import io.fairlead.samples.aiplatform.capture.CaptureService;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/**
 * Events of captured images go through a broker to two readers. Whoever has one in hands is killed,
 * and in the end none was lost and none counted twice.
 */
final class EventsChapter {
  private static final int NEW_IMAGES = 40;

  private final Platform platform;
  private final Screen screen;
  private final TestImages test;
  private final Broker broker;
  private final Answers answers;
  private final Journal journal;

  EventsChapter(Platform platform, Screen screen, TestImages test, Broker broker) {
    this.platform = platform;
    this.screen = screen;
    this.test = test;
    this.broker = broker;
    this.answers =
        AnswersRpc.client(platform.channel(AnswersRpc.service(), UnaryOperator.identity()));
    this.journal =
        JournalRpc.client(platform.channel(JournalRpc.service(), UnaryOperator.identity()));
  }

  void play() throws IOException, InterruptedException {
    screen.line("");
    screen.line("Events");
    long begin = System.nanoTime();
    // Nothing is trained any more, and ten processes are enough.
    for (String trainer : platform.endpoints(TrainerRpc.SERVICE_NAME).keySet()) {
      if (platform.fleet().isAlive(trainer)) {
        platform.drain(TrainerRpc.SERVICE_NAME, trainer);
      }
    }
    broker.await();
    screen.check(true, "RabbitMQ takes connections at %s", broker.uri().getAuthority());
    platform
        .certificates()
        .ifPresent(
            each ->
                new LinkProbe(screen, each)
                    .play("the broker", broker.uri().getPort(), LinkProbe.Protocol.AMQP));
    // Each of these processes is killed once it has done what stands there so many times.
    startAnswers("crash=stored:150");
    startJournal("crash=received:300");
    platform.drain(CaptureRpc.SERVICE_NAME, "capture-1");
    startCapture("crash=published:3");
    killed("capture-1", "after the broker had events, and before its outbox knew");
    startCapture("crash=kept:1");
    killed("answers-1", "after it had stored an answer, and before the broker knew");
    startAnswers();
    killed("journal-1", "before it had counted an event that it had received");
    startJournal();
    platform.awaitCall("half of the answers", () -> stored(summary()) > 900);
    broker.killAndStart();
    screen.line("  killed RabbitMQ with -9, with events in its queues");
    newImages();
    broker.await();
    long captured = captured().size();
    platform.awaitCall(
        "what was captured is known to both readers",
        () -> stored(summary()) >= captured && counts().getImages() >= captured);
    verify((System.nanoTime() - begin) / 1e9);
    platform.drain(AnswersRpc.SERVICE_NAME, "answers-1");
    platform.drain(JournalRpc.SERVICE_NAME, "journal-1");
  }

  private void startCapture(String... more) {
    start(CaptureService.class, "capture-1", more);
  }

  private void startAnswers(String... more) {
    start(AnswersService.class, "answers-1", more);
  }

  private void startJournal(String... more) {
    start(JournalService.class, "journal-1", more);
  }

  private void start(Class<?> main, String id, String... more) {
    List<String> settings =
        new ArrayList<>(
            List.of("broker=" + broker.uri(), "model=" + TrainingChapter.MODEL, "version=2"));
    settings.addAll(List.of(more));
    platform.fleet().start(main, id, settings.toArray(String[]::new));
  }

  private void killed(String id, String when) throws InterruptedException {
    platform.await(id + " is killed " + when, () -> !platform.fleet().isAlive(id));
    screen.line("  %s was killed with -9 %s", id, when);
  }

  /** Images that come while the broker is away; capture is killed at both of its arrows. */
  private void newImages() throws InterruptedException {
    List<Image> images =
        test.images().subList(0, NEW_IMAGES).stream().map(EventsChapter::another).toList();
    sendAgain(images.subList(0, NEW_IMAGES / 2), "crash=recorded:1", "after it had kept images");
    sendAgain(
        images.subList(NEW_IMAGES / 2, NEW_IMAGES), "", "after it had recorded them with events");
  }

  /** The same digit in other bytes: what stands behind the end of a PNG changes its SHA-256. */
  private static Image another(Image image) {
    return image.toBuilder()
        .clearId()
        .setContent(image.getContent().concat(ByteString.copyFromUtf8("again")))
        .build();
  }

  /** Sends images until they are taken in; the first time, capture is killed over them. */
  private void sendAgain(List<Image> images, String next, String when) throws InterruptedException {
    platform.awaitCall(
        "capture answers",
        () -> platform.capture.status(StatusRequest.getDefaultInstance()).getImages() > 0);
    try {
      IngestSummary unused = platform.capture.ingest(Source.from(images));
      screen.check(false, "capture was to be killed, and answered");
    } catch (RpcException e) {
      killed("capture-1", when);
    }
    startCapture(next.isEmpty() ? new String[0] : new String[] {next});
    IngestSummary[] summary = new IngestSummary[1];
    platform.awaitCall(
        "capture takes images again",
        () -> {
          summary[0] = platform.capture.ingest(Source.from(images));
          return true;
        });
    screen.check(
        summary[0].getStored() == 0 && summary[0].getDuplicates() == images.size(),
        "its caller sends them again: %d are known already",
        summary[0].getDuplicates());
  }

  private Summary summary() {
    return answers.summarize(SummarizeRequest.getDefaultInstance());
  }

  private static long stored(Summary summary) {
    return summary.getAnswered() + summary.getRefused();
  }

  private Counts counts() {
    return journal.count(CountRequest.getDefaultInstance());
  }

  /** Returns what capture has, by its ids. */
  private Map<String, Image> captured() {
    Map<String, Image> images = new TreeMap<>();
    ReplayRequest all = ReplayRequest.newBuilder().setSplit(Split.ALL).build();
    try (Source<Image> replay = platform.capture.replay(all)) {
      replay.forEach(image -> images.put(image.getId(), image));
    }
    return images;
  }

  private void verify(double seconds) {
    Map<String, Image> images = captured();
    List<String> ids = new ArrayList<>();
    try (Source<StoredAnswer> all = answers.list(ListRequest.getDefaultInstance())) {
      all.forEach(answer -> ids.add(answer.getImageId()));
    }
    Summary summary = summary();
    Counts counts = counts();
    long bytes = images.values().stream().mapToLong(image -> image.getContent().size()).sum();
    screen.check(
        ids.equals(List.copyOf(images.keySet())) && summary.getRefused() == Digits.BAD_INSIDE,
        "none lost, none doubled: %,d images were captured, and %,d have an answer (%d of them that"
            + " they are no good), after %.1f s",
        images.size(),
        ids.size(),
        summary.getRefused(),
        seconds);
    screen.check(
        counts.getImages() == images.size() && counts.getBytes() == bytes,
        "the journal counts %,d images and %,d bytes; capture has %,d and %,d",
        counts.getImages(),
        counts.getBytes(),
        images.size(),
        bytes);
    screen.check(
        summary.getRepeated() > 0 && counts.getRepeated() > 0,
        "events that came again, known by their keys: %d at the answers, %d at the journal",
        summary.getRepeated(),
        counts.getRepeated());
    double right = (double) summary.getRight() / summary.getAnswered();
    screen.check(right > 0.95, "the read model of answers: %.3f of them are right", right);
  }
}
