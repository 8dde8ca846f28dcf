package io.fairlead.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.fairlead.RpcException;
import io.fairlead.Source;
import io.fairlead.admin.v1.Admin;
import io.fairlead.admin.v1.AdminRpc;
import io.fairlead.admin.v1.LogLine;
import io.fairlead.admin.v1.ReadLogsRequest;
import io.fairlead.admin.v1.SetLogLevelRequest;
import io.fairlead.client.RpcChannel;
import io.fairlead.security.Authorizer;
import io.fairlead.security.Caller;
import io.fairlead.server.RpcServer;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.stub.MetadataUtils;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import shop.v1.Inventory;
import shop.v1.InventoryRpc;
import shop.v1.Reservation;
import shop.v1.ReserveRequest;

/** The log of a process, read and followed from outside. */
@Timeout(60)
class LogsTest {
  private static final Metadata.Key<String> USER =
      Metadata.Key.of("user", Metadata.ASCII_STRING_MARSHALLER);
  private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";

  private final Logger logger = Logger.getLogger("shop.test." + System.identityHashCode(this));
  private final LogBuffer logs = LogBuffer.create();
  private final Handler handler = logs.handler();
  private final List<AuditEvent> audited = new CopyOnWriteArrayList<>();
  private final AdminService service =
      AdminService.builder().logs(logs).audit(audited::add).build();
  private @Nullable RpcServer server;
  private @Nullable RpcChannel channel;

  private Admin admin() {
    Inventory inventory =
        new Inventory() {
          @Override
          public Reservation reserve(ReserveRequest request) {
            logger.info("reserved " + request.getSku());
            return Reservation.getDefaultInstance();
          }
        };
    logger.addHandler(handler);
    server =
        RpcServer.builder("inventory")
            .host("127.0.0.1")
            .service(InventoryRpc.bind(inventory))
            .service(service)
            .observer(service)
            .authorizer(authorizer())
            .timeouts(t -> t.deregistrationDelay(Duration.ZERO))
            .start();
    Metadata headers = new Metadata();
    headers.put(USER, "operator");
    headers.put(
        Metadata.Key.of("traceparent", Metadata.ASCII_STRING_MARSHALLER),
        "00-" + TRACE + "-00f067aa0ba902b7-01");
    channel =
        RpcChannel.to("127.0.0.1:" + server.port())
            .intercept(MetadataUtils.newAttachHeadersInterceptor(headers))
            .build();
    return AdminRpc.client(channel);
  }

  private static Authorizer authorizer() {
    return Authorizer.byScopes(
        request -> {
          String user = request.headers().get(USER);
          return "operator".equals(user)
              ? new Caller(
                  "operator",
                  Set.of("fairlead.admin.read", "fairlead.admin.write", "fairlead.admin.logs"))
              : new Caller("reader", Set.of("fairlead.admin.read"));
        });
  }

  @AfterEach
  void close() {
    logger.removeHandler(handler);
    if (channel != null) {
      channel.close();
    }
    if (server != null) {
      server.close();
    }
  }

  private static void add(LogBuffer buffer, Level level, String name, String message) {
    buffer.add(Instant.EPOCH, level, name, "main", message, null);
  }

  private static List<String> messages(LogBuffer buffer) {
    return buffer.last(LogFilter.of("", "", ""), 100_000).stream().map(LogEntry::message).toList();
  }

  @Test
  void theLastLinesAreReadByLevelLoggerAndTrace() {
    Admin admin = admin();
    logger.info("first");
    logger.warning("second");
    Logger.getLogger(logger.getName() + ".below").severe("third");
    InventoryRpc.client(Objects.requireNonNull(channel))
        .reserve(ReserveRequest.newBuilder().setSku("rope").build());
    assertThat(read(admin, ReadLogsRequest.newBuilder()))
        .extracting(LogLine::getMessage)
        .containsExactly("first", "second", "third", "reserved rope");
    assertThat(read(admin, ReadLogsRequest.newBuilder().setLevel("warning")))
        .extracting(LogLine::getMessage)
        .containsExactly("second", "third");
    assertThat(read(admin, ReadLogsRequest.newBuilder().setLogger(logger.getName() + ".below")))
        .extracting(LogLine::getMessage)
        .containsExactly("third");
    assertThat(read(admin, ReadLogsRequest.newBuilder().setTraceId(TRACE)))
        .singleElement()
        .satisfies(
            line -> {
              assertThat(line.getMessage()).isEqualTo("reserved rope");
              assertThat(line.getTraceId()).isEqualTo(TRACE);
              assertThat(line.getLevel()).isEqualTo("INFO");
              assertThat(line.getLogger()).isEqualTo(logger.getName());
            });
    assertThat(read(admin, ReadLogsRequest.newBuilder().setLast(1)))
        .extracting(LogLine::getMessage)
        .containsExactly("reserved rope");
    assertThat(read(admin, ReadLogsRequest.newBuilder().setLast(0))).isEmpty();
  }

  private static List<LogLine> read(Admin admin, ReadLogsRequest.Builder request) {
    try (Source<LogLine> lines = admin.readLogs(request.build())) {
      return lines.toList();
    }
  }

  @Test
  void aReaderFollowsTheLogUntilItLeaves() {
    Admin admin = admin();
    logger.info("before");
    try (Source<LogLine> lines =
        admin.readLogs(ReadLogsRequest.newBuilder().setFollow(true).setLast(1).build())) {
      assertThat(Objects.requireNonNull(lines.read()).getMessage()).isEqualTo("before");
      for (int i = 0; i < 100; i++) {
        logger.info("line " + i);
        assertThat(Objects.requireNonNull(lines.read()).getMessage()).isEqualTo("line " + i);
      }
      assertThat(logs.followers()).isEqualTo(1);
    }
    while (logs.followers() > 0) {
      Thread.onSpinWait();
    }
  }

  @Test
  void aSlowReaderIsToldHowManyLinesItMissed() {
    Tail<LogLine> tail = logs.follow(LogFilter.of("", "", ""), 10);
    for (int i = 0; i < 1_500; i++) {
      add(logs, Level.INFO, "shop", "line " + i);
    }
    List<LogLine> got = new ArrayList<>();
    for (LogLine line = tail.poll(); line != null; line = tail.poll()) {
      got.add(line);
    }
    assertThat(got).hasSize(1_000);
    assertThat(got.get(999).getLost()).isEqualTo(500);
    add(logs, Level.INFO, "shop", "after");
    assertThat(Objects.requireNonNull(tail.poll()).getLost()).isZero();
    tail.close();
    assertThat(tail.isDone()).isTrue();
    assertThat(logs.followers()).isZero();
  }

  @Test
  void memoryIsBoundedByLinesAndByCharacters() {
    LogBuffer few = LogBuffer.builder().maxLines(3).build();
    for (int i = 0; i < 10; i++) {
      add(few, Level.INFO, "shop", "line " + i);
    }
    assertThat(messages(few)).containsExactly("line 7", "line 8", "line 9");
    LogBuffer small = LogBuffer.builder().maxChars(1_000).build();
    for (int i = 0; i < 100; i++) {
      add(small, Level.INFO, "shop", "x".repeat(300));
    }
    assertThat(messages(small)).hasSize(2);
    add(small, Level.INFO, "shop", "y".repeat(100_000));
    assertThat(messages(small)).singleElement().satisfies(m -> assertThat(m).hasSize(16_387));
    assertThatIllegalArgumentException().isThrownBy(() -> LogBuffer.builder().maxLines(0));
  }

  @Test
  void whatAReaderWakesAndLogsDoesNotWakeItAgain() {
    Tail<LogLine> tail = logs.follow(LogFilter.of("", "", ""), 0);
    int[] woken = {0};
    tail.onReadable(
        () -> {
          woken[0]++;
          add(logs, Level.DEBUG, "io.grpc", "sent a line");
        });
    add(logs, Level.INFO, "shop", "line");
    assertThat(woken[0]).isEqualTo(1);
    assertThat(messages(logs)).containsExactly("line", "sent a line");
    tail.close();
  }

  @Test
  void whatWasThrownComesWithItsStack() {
    Admin admin = admin();
    logger.log(java.util.logging.Level.SEVERE, "broken {0}", "shelf");
    logger.log(java.util.logging.Level.SEVERE, "lost", new IllegalStateException("no disk"));
    List<LogLine> lines = read(admin, ReadLogsRequest.newBuilder());
    assertThat(lines.get(0).getMessage()).isEqualTo("broken shelf");
    assertThat(lines.get(1).getStack())
        .startsWith("java.lang.IllegalStateException: no disk")
        .contains("LogsTest");
    assertThat(lines.get(1).getLevel()).isEqualTo("ERROR");
  }

  @Test
  void theLogNeedsItsOwnScope() {
    Admin admin = admin();
    Metadata nobody = new Metadata();
    nobody.put(USER, "reader");
    try (RpcChannel other =
        RpcChannel.to("127.0.0.1:" + Objects.requireNonNull(server).port())
            .intercept(MetadataUtils.newAttachHeadersInterceptor(nobody))
            .build()) {
      RpcException refused =
          catchThrowableOfType(
              RpcException.class, () -> read(AdminRpc.client(other), ReadLogsRequest.newBuilder()));
      assertThat(refused.code()).isEqualTo(Status.Code.PERMISSION_DENIED);
      assertThat(refused).hasMessageContaining("scope fairlead.admin.logs is missing");
    }
    RpcException level =
        catchThrowableOfType(
            RpcException.class, () -> read(admin, ReadLogsRequest.newBuilder().setLevel("LOUD")));
    assertThat(level.code()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(level)
        .hasMessageContaining("\"LOUD\" is not known; use TRACE, DEBUG, INFO, WARNING, ERROR");
  }

  @Test
  void theLevelOfALoggerIsChangedAndAudited() {
    Admin admin = admin();
    logger.fine("unheard");
    handler.setLevel(java.util.logging.Level.ALL);
    SetLogLevelRequest.Builder request =
        SetLogLevelRequest.newBuilder().setLogger(logger.getName()).setReason("look closer");
    assertThat(admin.setLogLevel(request.setLevel("debug").build()).getPrevious()).isEmpty();
    logger.fine("heard");
    assertThat(admin.setLogLevel(request.setLevel("").build()).getPrevious()).isEqualTo("DEBUG");
    logger.fine("unheard again");
    assertThat(messages(logs)).containsExactly("heard");
    assertThat(audited)
        .extracting(AuditEvent::toString)
        .containsExactly(
            "operator: SetLogLevel logger=%s level=debug, because of \"look closer\": done"
                .formatted(logger.getName()),
            "operator: SetLogLevel logger=%s level=inherited, because of \"look closer\": done"
                .formatted(logger.getName()));
    RpcException refused =
        catchThrowableOfType(
            RpcException.class, () -> admin.setLogLevel(request.setLevel("LOUD").build()));
    assertThat(refused.code()).isEqualTo(Status.Code.INVALID_ARGUMENT);
  }

  @Test
  void aProcessThatKeepsNoLogSaysHow() {
    AdminService bare = AdminService.create();
    try (RpcServer other =
            RpcServer.builder("other")
                .host("127.0.0.1")
                .service(bare)
                .authorizer(
                    Authorizer.byScopes(
                        request -> new Caller("any", Set.of("fairlead.admin.logs"))))
                .start();
        RpcChannel to = RpcChannel.to("127.0.0.1:" + other.port()).build()) {
      RpcException none =
          catchThrowableOfType(
              RpcException.class, () -> read(AdminRpc.client(to), ReadLogsRequest.newBuilder()));
      assertThat(none.code()).isEqualTo(Status.Code.FAILED_PRECONDITION);
      assertThat(none).hasMessageContaining("give AdminService.builder().logs(LogBuffer)");
    }
  }

  @Test
  void theSeventeenthReaderIsRefused() {
    Admin admin = admin();
    List<Tail<LogLine>> tails = new ArrayList<>();
    for (int i = 0; i < 16; i++) {
      tails.add(logs.follow(LogFilter.of("", "", ""), 0));
    }
    RpcException refused =
        catchThrowableOfType(
            RpcException.class, () -> read(admin, ReadLogsRequest.newBuilder().setFollow(true)));
    assertThat(refused.code()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertThat(refused).hasMessageContaining("16 readers follow the log already");
    tails.forEach(Tail::close);
  }
}
