package io.fairlead.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.fairlead.CallSettings;
import io.fairlead.client.RpcChannel;
import io.fairlead.observe.AttemptOutcome;
import io.fairlead.observe.CallOutcome;
import io.fairlead.observe.CallOutcome.CacheUse;
import io.fairlead.observe.FallbackKind;
import io.fairlead.observe.ServerCallOutcome;
import io.fairlead.observe.ServerCallOutcome.Ending;
import io.fairlead.observe.ServerCallOutcome.InjectedFault;
import io.fairlead.observe.ServerCallOutcome.RejectionReason;
import io.fairlead.observe.StatusOrigin;
import io.fairlead.policy.Code;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.policy.ResolvedPolicy;
import io.fairlead.policy.RetryPolicy;
import io.fairlead.server.RpcServer;
import io.fairlead.testkit.LogCapture;
import io.fairlead.testkit.ManualClock;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.Status;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import shop.v1.Inventory;
import shop.v1.InventoryRpc;
import shop.v1.ObservedInventory;
import shop.v1.Reservation;
import shop.v1.ReserveRequest;

@Timeout(60)
class AccessLogTest {
  private static final String METHOD = "shop.v1.Inventory/Reserve";

  private final LinkedBlockingQueue<String> lines = new LinkedBlockingQueue<>();
  private final ManualClock clock = ManualClock.startingAt(Instant.parse("2026-11-29T18:00:00Z"));

  private AccessLog.Builder toLines() {
    return AccessLog.to(lines::add).clock(clock);
  }

  private String next() throws InterruptedException {
    String line = lines.poll(60, TimeUnit.SECONDS);
    assertThat(line).isNotNull();
    return line;
  }

  /** Waits before a log is closed, as closing gives up after two seconds. */
  private static void awaitWritten(AccessLog log, long lines) {
    while (log.written() < lines) {
      Thread.onSpinWait();
    }
  }

  private static ServerCallOutcome.Builder served() {
    return ServerCallOutcome.builder(METHOD).totalTime(Duration.ofMillis(3));
  }

  private static ServerCallOutcome failed(String description) {
    return served().status(Code.INTERNAL, description).ending(Ending.HANDLER_FAILED).build();
  }

  private static CallOutcome.Builder called() {
    return CallOutcome.builder(METHOD, "etcd:///inventory", ResolvedPolicy.of(List.of()))
        .totalTime(Duration.ofMillis(3));
  }

  @Test
  void aLineOfAServerSaysWhoWhatAndWhereTheTimeWent() throws Exception {
    Metadata headers = new Metadata();
    headers.put(key("grpc-previous-rpc-attempts"), "2");
    headers.put(key("user-agent"), "shop \"web\"\n");
    TraceContext trace =
        TraceContext.parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "")
            .orElseThrow()
            .child(0xabcL);
    try (AccessLog log = toLines().build()) {
      log.callEnded(
          served()
              .rejectedByAdmission(RejectionReason.QUEUE_TIMEOUT)
              .status(Code.RESOURCE_EXHAUSTED, "too busy")
              .caller("ann")
              .peer(new InetSocketAddress("10.0.0.7", 4711))
              .headers(headers)
              .totalTime(Duration.ofNanos(12_345_678))
              .queueTime(Duration.ofMillis(10))
              .handlerTime(Duration.ofNanos(2_000))
              .deadline(Duration.ofMillis(12))
              .requests(1, 20)
              .responses(2, 40)
              .context(trace.in(Context.ROOT))
              .build());
      assertThat(next())
          .isEqualTo(
              "{\"time\":\""
                  + clock.instant()
                  + "\",\"side\":\"server\",\"kept\":\"failed\",\"method\":\"shop.v1.Inventory/Reserve\""
                  + ",\"code\":\"RESOURCE_EXHAUSTED\",\"decided_by\":\"admission\",\"reason\":\"queue_timeout\",\"message\":\"too"
                  + " busy\",\"caller\":\"ann\",\"peer\":\"10.0.0.7:4711\",\"user_agent\":\"shop"
                  + " \\\"web\\\"\\n"
                  + "\",\"attempt\":3,\"total_ms\":12.345,\"queue_ms\":10,\"handler_ms\":0.002"
                  + ",\"deadline_ms\":12,\"left_ms\":-0.345"
                  + ",\"requests\":1,\"request_bytes\":20,\"responses\":2,\"response_bytes\":40"
                  + ",\"trace_id\":\"4bf92f3577b34da6a3ce929d0e0e4736\""
                  + ",\"span_id\":\"0000000000000abc\",\"parent_span_id\":\"00f067aa0ba902b7\"}");
    }
  }

  private static Metadata.Key<String> key(String name) {
    return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
  }

  @Test
  void aLineOfAClientSaysWhereItWentAndHowOften() throws Exception {
    AttemptOutcome first =
        AttemptOutcome.builder(1, AttemptOutcome.Kind.FIRST)
            .endpoint("10.0.0.1:1", "")
            .messageBytes(20, 0)
            .build();
    AttemptOutcome second =
        AttemptOutcome.builder(2, AttemptOutcome.Kind.RETRY)
            .endpoint("10.0.0.2:1", "i2")
            .messageBytes(20, 7)
            .times(Duration.ZERO, Duration.ofMillis(1), Duration.ofMillis(2))
            .build();
    try (AccessLog log = toLines().build()) {
      log.callEnded(
          called()
              .status(Code.UNAVAILABLE, "gone", StatusOrigin.LOCAL)
              .attempts(List.of(first, second))
              .deadline(Duration.ofMillis(5), "the contract")
              .build());
      assertThat(next())
          .isEqualTo(
              "{\"time\":\""
                  + clock.instant()
                  + "\",\"side\":\"client\",\"kept\":\"failed\",\"method\":\"shop.v1.Inventory/Reserve\",\"code\":\"UNAVAILABLE\",\"decided_by\":\"this"
                  + " side\",\"message\":\"gone\""
                  + ",\"target\":\"etcd:///inventory\",\"endpoint\":\"10.0.0.2:1\",\"endpoint_id\":\"i2\""
                  + ",\"attempts\":2,\"total_ms\":3,\"wait_ms\":1,\"wire_ms\":2"
                  + ",\"deadline_ms\":5,\"left_ms\":2"
                  + ",\"sent_bytes\":40,\"received_bytes\":7}");
      log.callEnded(called().status(Code.NOT_FOUND, "", StatusOrigin.WIRE).build());
      assertThat(next()).contains("\"decided_by\":\"the other side\",\"target\"");
      log.callEnded(
          called()
              .status(Code.UNAVAILABLE, "", StatusOrigin.LOCAL)
              .rejectedByBreaker(true)
              .build());
      assertThat(next()).contains("\"decided_by\":\"breaker\",\"target\"");
    }
  }

  @Test
  void aLineSaysWhatTheCacheDid() throws Exception {
    try (AccessLog log = toLines().sample(1).build()) {
      log.callEnded(called().cacheUse(CacheUse.HIT, Duration.ofMillis(1_200)).build());
      assertThat(next())
          .contains(
              "\"kept\":\"sampled\",\"method\":\"shop.v1.Inventory/Reserve\",\"code\":\"OK\""
                  + ",\"cache\":\"hit\",\"cache_age_ms\":1200,\"decided_by\":\"cache\"");
      log.callEnded(called().cacheUse(CacheUse.MISS, Duration.ZERO).build());
      assertThat(next())
          .contains("\"cache\":\"miss\",\"decided_by\":\"the other side\"")
          .doesNotContain("cache_age_ms");
    }
  }

  @Test
  void aFallbackHasALineAfterThatOfTheFailure() throws Exception {
    CallOutcome failure = called().status(Code.UNAVAILABLE, "gone", StatusOrigin.LOCAL).build();
    try (AccessLog log = toLines().build()) {
      log.callEnded(failure);
      log.fallbackServed(
          failure.toBuilder().cacheUse(CacheUse.STALE, Duration.ofSeconds(50)).build(),
          FallbackKind.STALE_IF_ERROR);
      log.fallbackServed(failure, FallbackKind.FUNCTION);
      assertThat(next()).contains("\"kept\":\"failed\"").doesNotContain("fallback", "cache");
      assertThat(next())
          .contains(
              "\"kept\":\"fallback\",\"method\":\"shop.v1.Inventory/Reserve\""
                  + ",\"code\":\"UNAVAILABLE\",\"fallback\":\"stale_if_error\",\"cache\":\"stale\""
                  + ",\"cache_age_ms\":50000,\"decided_by\":\"this side\"");
      assertThat(next())
          .contains("\"fallback\":\"function\",\"decided_by\"")
          .doesNotContain("cache");
    }
  }

  @Test
  void aLineOfAServerSaysWhichFaultACallGotOnPurpose() throws Exception {
    try (AccessLog log = toLines().build()) {
      log.callEnded(
          served()
              .status(Code.UNAVAILABLE, "injected fault (builder)")
              .ending(Ending.STOPPED)
              .injectedFault(InjectedFault.DELAY_AND_STATUS)
              .build());
      assertThat(next())
          .contains("\"fault\":\"delay_and_status\",\"message\":\"injected fault (builder)\"");
    }
  }

  @Test
  void itIsSaidWhoDecided() throws Exception {
    Map<Ending, String> deciders =
        Map.of(
            Ending.HANDLER_FAILED, "handler",
            Ending.CANCELLED, "caller",
            Ending.DEADLINE_PASSED, "deadline",
            Ending.REJECTED_BY_AUTHORIZER, "authorizer",
            Ending.STOPPED, "server",
            Ending.UNKNOWN_METHOD, "server");
    try (AccessLog log = toLines().build()) {
      for (Map.Entry<Ending, String> each : deciders.entrySet()) {
        log.callEnded(served().ending(each.getKey()).status(Code.ABORTED, "").build());
        assertThat(next()).contains("\"decided_by\":\"" + each.getValue() + "\"");
      }
    }
  }

  @Test
  void slowCallsAndASampleOfTheOthersAreKept() throws Exception {
    double[] random = {0.1, 0.09, 0.5};
    int[] drawn = {0};
    try (AccessLog log =
        toLines()
            .slow(Duration.ofMillis(10))
            .sample(0.1)
            .random(() -> random[drawn[0]++])
            .build()) {
      log.callEnded(served().build());
      log.callEnded(served().build());
      log.callEnded(called().build());
      log.callEnded(served().totalTime(Duration.ofMillis(10)).build());
      assertThat(next()).contains("\"side\":\"server\",\"kept\":\"sampled\"");
      assertThat(next()).contains("\"kept\":\"slow\"");
    }
    assertThat(lines).isEmpty();
    assertThat(drawn[0]).isEqualTo(3);
  }

  @Test
  void aStormOfFailuresDoesNotFillTheDisk() throws Exception {
    try (AccessLog log = toLines().maxLinesPerSecond(2).build()) {
      for (int i = 0; i < 10; i++) {
        log.callEnded(failed("" + i));
      }
      assertThat(log.overLimit()).isEqualTo(8);
      clock.advance(Duration.ofSeconds(1));
      log.callEnded(failed("later"));
      assertThat(next()).contains("\"message\":\"0\"");
      assertThat(next()).contains("\"message\":\"1\"");
      assertThat(next()).endsWith(",\"lines_over_limit\":8}");
      assertThat(next()).contains("\"message\":\"later\"");
    }
  }

  @Test
  void callsGoOnWhileASinkHangs() throws Exception {
    CountDownLatch hangs = new CountDownLatch(1);
    CountDownLatch goesOn = new CountDownLatch(1);
    AccessLog.Sink sink =
        line -> {
          hangs.countDown();
          goesOn.await();
          lines.add(line);
        };
    try (LogCapture messages = LogCapture.of(AccessLog.class.getName());
        AccessLog log = AccessLog.to(sink).clock(clock).queueSize(2).build()) {
      log.callEnded(failed("0"));
      hangs.await();
      for (int i = 1; i < 10; i++) {
        log.callEnded(failed("" + i));
      }
      assertThat(log.lost()).isEqualTo(7);
      assertThat(messages.warnings())
          .singleElement()
          .asString()
          .startsWith("lines of the access log are lost, as its sink ")
          .endsWith(
              " takes none: it has not taken the lines before, 2. Calls go on; AccessLog.lost()"
                  + " counts");
      goesOn.countDown();
      assertThat(next()).contains("\"message\":\"0\"");
      next();
      next();
      awaitWritten(log, 3);
    }
    assertThat(lines).isEmpty();
  }

  @Test
  void aSinkThatFailsIsTriedAgain() throws Exception {
    AtomicBoolean full = new AtomicBoolean(true);
    LinkedBlockingQueue<String> tried = new LinkedBlockingQueue<>();
    AccessLog.Sink sink =
        line -> {
          tried.add(line);
          if (full.get()) {
            throw new IOException("No space left on device");
          }
        };
    try (LogCapture messages = LogCapture.of(AccessLog.class.getName())) {
      try (AccessLog log = AccessLog.to(sink).clock(clock).build()) {
        log.callEnded(failed("0"));
        log.callEnded(failed("1"));
        while (log.lost() < 2) {
          Thread.onSpinWait();
        }
        full.set(false);
        log.callEnded(failed("2"));
        awaitWritten(log, 1);
        assertThat(log.lost()).isEqualTo(2);
      }
      assertThat(messages.lines())
          .hasSize(2)
          .satisfies(
              all -> {
                assertThat(all.get(0)).contains("java.io.IOException: No space left on device");
                assertThat(all.get(1)).isEqualTo("the access log is written again; lost so far: 2");
              });
    }
    assertThat(tried).hasSize(3);
  }

  @Test
  void callsGoOnWhileTheDiskIsFull() throws Exception {
    Path full = Path.of("/dev/full"); // a device of Linux whose every write fails
    try (LogCapture messages = LogCapture.of(AccessLog.class.getName())) {
      try (AccessLog log = AccessLog.toFile(full).slow(Duration.ZERO).build();
          ObservedInventory inventory = ObservedInventory.start(log)) {
        inventory.reserve(20);
        inventory.fail();
        // Each call has a line on either side.
        while (log.lost() < 2 * 21) {
          Thread.onSpinWait();
        }
        assertThat(log.written()).isZero();
      }
      assertThat(messages.warnings())
          .singleElement()
          .asString()
          .contains("sink /dev/full takes none: java.io.IOException: No space left on device");
    }
  }

  @Test
  void aFileIsRotated(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("logs").resolve("access.log");
    try (AccessLog log = AccessLog.toFile(file).rotate(1, 2).clock(clock).build()) {
      for (int i = 0; i < 5; i++) {
        log.callEnded(failed("line " + i));
      }
      awaitWritten(log, 5);
    }
    assertThat(Files.readString(file)).contains("line 4").endsWith("}\n");
    assertThat(Files.readString(folder.resolve("logs/access.log.1"))).contains("line 3");
    assertThat(Files.readString(folder.resolve("logs/access.log.2"))).contains("line 2");
    try (var all = Files.list(folder.resolve("logs"))) {
      assertThat(all).hasSize(3);
    }
    try (AccessLog log = AccessLog.toFile(file).clock(clock).build()) {
      log.callEnded(failed("line 5"));
      awaitWritten(log, 1);
    }
    assertThat(Files.readAllLines(file)).hasSize(2);
  }

  @Test
  void aLineThatWasCutDoesNotSpoilTheNext(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("access.log");
    RotatingFile rotating = new RotatingFile(file, 1_000, 1);
    rotating.write("{\"a\":1}");
    rotating.flush();
    // The file becomes a folder: the next line fails, and so does what would open it.
    rotating.close();
    Files.move(file, folder.resolve("moved"));
    Files.createDirectory(file);
    assertThat(catchThrowable(() -> rotating.write("{\"b\":1}"))).isInstanceOf(IOException.class);
    Files.delete(file);
    Files.writeString(file, "{\"b\":");
    rotating.write("{\"c\":1}");
    rotating.close();
    assertThat(Files.readAllLines(file)).containsExactly("{\"b\":", "{\"c\":1}");
  }

  @Test
  void itGoesToTheLoggerOfTheApplication() throws Exception {
    try (LogCapture messages = LogCapture.of("shop.access")) {
      try (AccessLog log = AccessLog.toLogger(System.getLogger("shop.access")).build()) {
        log.callEnded(failed("no shelf"));
        awaitWritten(log, 1);
      }
      assertThat(messages.with("no shelf")).hasSize(1);
    }
  }

  @Test
  void bothSidesOfACallHaveOneTrace() throws Exception {
    Inventory broken =
        new Inventory() {
          @Override
          public Reservation reserve(ReserveRequest request) {
            throw Status.NOT_FOUND.withDescription("no such article").asRuntimeException();
          }
        };
    Tracing tracing = Tracing.create();
    try (AccessLog log = toLines().build();
        RpcServer server =
            tracing
                .addTo(RpcServer.builder("inventory").host("127.0.0.1").port(0))
                .service(InventoryRpc.bind(broken))
                .observer(log)
                .start();
        RpcChannel channel =
            tracing.addTo(RpcChannel.to("127.0.0.1:" + server.port())).observer(log).build()) {
      Inventory inventory =
          InventoryRpc.client(
              channel.with(
                  CallSettings.builder()
                      .deadline(Duration.ofSeconds(50))
                      .policy(
                          MethodPolicy.builder()
                              .retry(
                                  RetryPolicy.builder()
                                      .attempts(2)
                                      .perAttempt(Duration.ofSeconds(50))
                                      .build())
                              .build())
                      .build()));
      assertThat(catchThrowable(() -> inventory.reserve(ReserveRequest.getDefaultInstance())))
          .isNotNull();
      List<String> both = List.of(next(), next());
      String client = both.get(both.get(0).contains("\"side\":\"client\"") ? 0 : 1);
      String server1 = both.get(both.get(0).contains("\"side\":\"client\"") ? 1 : 0);
      assertThat(client).contains("\"decided_by\":\"the other side\"", "\"attempts\":1");
      assertThat(server1).contains("\"decided_by\":\"handler\"", "\"peer\":\"127.0.0.1:");
      assertThat(server1).contains("\"deadline_ms\":", "\"left_ms\":", "\"attempt\":1");
      assertThat(field(server1, "trace_id")).hasSize(32).isEqualTo(field(client, "trace_id"));
      assertThat(field(server1, "parent_span_id")).isEqualTo(field(client, "span_id"));
    }
  }

  private static String field(String line, String name) {
    String rest = line.substring(line.indexOf("\"" + name + "\":\"") + name.length() + 4);
    return rest.substring(0, rest.indexOf('"'));
  }
}
