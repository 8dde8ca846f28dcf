package io.fairlead.interop.attacks;

import static io.fairlead.testkit.FrameConnection.CONTINUATION;
import static io.fairlead.testkit.FrameConnection.DATA;
import static io.fairlead.testkit.FrameConnection.END_HEADERS;
import static io.fairlead.testkit.FrameConnection.END_STREAM;
import static io.fairlead.testkit.FrameConnection.HEADERS;
import static io.fairlead.testkit.FrameConnection.PING;
import static io.fairlead.testkit.FrameConnection.RST_STREAM;
import static io.fairlead.testkit.FrameConnection.SETTINGS;
import static io.fairlead.testkit.FrameConnection.WINDOW_UPDATE;
import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.Source;
import io.fairlead.client.RpcChannel;
import io.fairlead.server.RpcServer;
import io.fairlead.testkit.FrameConnection;
import io.fairlead.testkit.LogCapture;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.testing.integration.EmptyProtos.Empty;
import io.grpc.testing.integration.Messages.StreamingOutputCallRequest;
import io.grpc.testing.integration.Messages.StreamingOutputCallResponse;
import io.grpc.testing.integration.TestService;
import io.grpc.testing.integration.TestServiceRpc;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.util.internal.PlatformDependent;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * What attacks at a stated rate cost an honest client. The control is the same attacker aimed at an
 * idle server beside, as both share the machine's cores. docs/attacks.md has the figures.
 */
@Isolated("the heap and the cores are those of all tests in this JVM")
class AttackLoadIT {
  private static final String CALL = "/grpc.testing.TestService/EmptyCall";

  /** Each is a second of the control and one of the attack; more of them make the p99 steady. */
  private static final int ROUNDS = Integer.getInteger("fairlead.attack.rounds", 1);

  /**
   * The p99 of one round is its fifth slowest call, so one pause of a busy machine decides it. What
   * looks too slow is measured for so many rounds more, and all rounds count.
   */
  private static final int MORE_ROUNDS = 5;

  private static final Path PAGE = Path.of("../docs/attacks.md");

  private static final String HEAD =
      """
      | attack | units per second | p99, attacked | p99, control | live heap | direct memory | log lines |
      |---|---|---|---|---|---|---|
      """;

  /** Of the table on the page. */
  private static final List<String> ROWS = Collections.synchronizedList(new ArrayList<>());

  private static final Duration ROUND = Duration.ofSeconds(1);

  /** Units of an attack in a second, as far as the server takes them. */
  private static final int RATE = 5_000;

  private static final int HONEST_RATE = 500;

  private static final int HEDGES_A_SECOND = 500;

  /** Below this, differences are those of the scheduler of a machine with two cores. */
  private static final double LEAST_MILLIS = 20;

  private static final long MEMORY = 20 << 20;

  /** One unit of an attack on a connection; the number counts them. */
  private interface Unit {
    void send(FrameConnection attacker, int number) throws IOException;
  }

  @TestFactory
  Stream<DynamicTest> attacks() {
    return Stream.of(
        test("rapid reset", AttackLoadIT::rapidReset),
        test("induced resets", AttackLoadIT::inducedReset),
        test("CONTINUATION frames", AttackLoadIT::continuation),
        test("SETTINGS frames", (attacker, n) -> attacker.frame(SETTINGS, 0, 0)),
        test("PING frames", (attacker, n) -> attacker.frame(PING, 0, 0, new byte[8])),
        test("empty DATA frames", AttackLoadIT::emptyData),
        test("header bombs", AttackLoadIT::headerBomb),
        test("calls that are never complete", AttackLoadIT::slowBody),
        test("windows that stay shut", AttackLoadIT::shutWindow),
        test("new connections", (attacker, n) -> attacker.close()));
  }

  private static DynamicTest test(String name, Unit unit) {
    return DynamicTest.dynamicTest(name, () -> measure(name, unit));
  }

  private static void rapidReset(FrameConnection attacker, int n) throws IOException {
    attacker.call(1 + 2 * n, CALL);
    attacker.number(RST_STREAM, 1 + 2 * n, 8);
  }

  private static void inducedReset(FrameConnection attacker, int n) throws IOException {
    attacker.call(1 + 2 * n, CALL);
    attacker.number(WINDOW_UPDATE, 1 + 2 * n, 0);
  }

  private static void continuation(FrameConnection attacker, int n) throws IOException {
    if (n == 0) {
      attacker.frame(HEADERS, 0, 1, FrameConnection.headers(":method", "POST"));
    }
    attacker.frame(CONTINUATION, 0, 1);
  }

  private static void emptyData(FrameConnection attacker, int n) throws IOException {
    if (n == 0) {
      attacker.call(1, CALL);
    }
    attacker.frame(DATA, 0, 1);
  }

  private static void headerBomb(FrameConnection attacker, int n) throws IOException {
    byte[] block = new byte[1_000];
    Arrays.fill(block, (byte) (0x80 | 62));
    if (n == 0) {
      byte[] field = FrameConnection.headers("x", "y".repeat(3_000));
      field[0] = 0x40; // to be remembered
      attacker.frame(HEADERS, END_HEADERS | END_STREAM, 1, field);
    } else {
      attacker.frame(HEADERS, END_HEADERS | END_STREAM, 1 + 2 * n, block);
    }
  }

  private static void slowBody(FrameConnection attacker, int n) throws IOException {
    attacker.call(1 + 2 * n, CALL);
    attacker.frame(DATA, 0, 1 + 2 * n, new byte[] {0, 0, 0, 1, 0, 1, 1});
  }

  /** The response of each call waits for a window that never opens. */
  private static void shutWindow(FrameConnection attacker, int n) throws IOException {
    if (n == 0) {
      attacker.settings(4, 0); // SETTINGS_INITIAL_WINDOW_SIZE
    }
    attacker.call(1 + 2 * n, CALL);
    attacker.frame(DATA, END_STREAM, 1 + 2 * n, FrameConnection.message(false));
  }

  private static RpcServer server() {
    return RpcServer.builder("attacked")
        .host("127.0.0.1")
        .service(TestServiceRpc.bind(new Answers()))
        .start();
  }

  private static void measure(String name, Unit unit) throws Exception {
    List<Long> control = new ArrayList<>();
    List<Long> attacked = new ArrayList<>();
    long sent = 0;
    int rounds = 0;
    int lines;
    long heap;
    long direct;
    try (RpcServer server = server();
        RpcServer beside = server();
        RpcChannel channel = RpcChannel.to("127.0.0.1:" + server.port()).build();
        LogCapture logs = LogCapture.of("io")) {
      TestService honest = TestServiceRpc.client(channel);
      calls(honest, new ArrayList<>()); // warm
      heap = heap();
      direct = direct();
      while (rounds < ROUNDS || (rounds < ROUNDS + MORE_ROUNDS && isSlow(attacked, control))) {
        sent += attack(beside.port(), unit, honest, control);
        sent += attack(server.port(), unit, honest, attacked);
        rounds++;
      }
      lines = logs.lines().size();
      heap = heap() - heap;
      direct = direct() - direct;
    }
    String row =
        String.format(
            Locale.ROOT,
            "| %s | %,d | %.1f ms | %.1f ms | %+.1f MB | %+.1f MB | %d |",
            name,
            sent / (2L * rounds * ROUND.toSeconds()),
            p99(attacked),
            p99(control),
            megabytes(heap),
            megabytes(direct),
            lines);
    System.out.println("attack in " + rounds + " rounds: " + row);
    ROWS.add(row);
    assertThat(isSlow(attacked, control)).as("slow: " + row).isFalse();
    assertThat(heap).as("heap").isLessThan(MEMORY);
    assertThat(direct).as("direct memory").isLessThan(MEMORY);
    assertThat(lines).as("lines of the log").isLessThan(100);
  }

  /** To a tenth; a little below zero is zero. */
  private static double megabytes(long bytes) {
    return Math.round(bytes / 1e5) / 10.0 + 0.0;
  }

  private static boolean isSlow(List<Long> attacked, List<Long> control) {
    return p99(attacked) >= Math.max(3 * p99(control), LEAST_MILLIS);
  }

  /** The table as this run has it: in {@code target}, and on the page if that is wanted. */
  @AfterAll
  static void writeTable() throws IOException {
    String table = HEAD + String.join("\n", ROWS) + "\n";
    Files.writeString(Path.of("target/attacks.md"), table);
    if (Boolean.getBoolean("fairlead.attack.update")) {
      String page = Files.readString(PAGE);
      int start = page.indexOf(HEAD);
      int end = page.indexOf("\n\n", start) + 1;
      assertThat(start).as("the table on " + PAGE).isNotNegative();
      Files.writeString(PAGE, page.substring(0, start) + table + page.substring(end));
    }
  }

  /** One round: the attacker on a thread of its own, the honest client on this one. */
  private static long attack(int port, Unit unit, TestService honest, List<Long> times)
      throws Exception {
    long[] sent = new long[1];
    Thread attacker = new Thread(() -> sent[0] = attack(port, unit), "attacker");
    attacker.start();
    calls(honest, times);
    attacker.join();
    return sent[0];
  }

  /** Sends a hundredth of the rate each hundredth of a second, on a new connection after an end. */
  private static long attack(int port, Unit unit) {
    long start = System.nanoTime();
    long sent = 0;
    @Nullable FrameConnection attacker = null;
    int onThis = 0;
    while (System.nanoTime() - start < ROUND.toNanos()) {
      try {
        if (attacker == null) {
          attacker = FrameConnection.greeting(port);
          onThis = 0;
        }
        for (int i = 0; i < RATE / 100; i++) {
          unit.send(attacker, onThis++);
          sent++;
        }
        attacker.flush();
      } catch (IOException ended) {
        close(attacker);
        attacker = null;
      }
      LockSupport.parkNanos(10_000_000);
    }
    close(attacker);
    return sent;
  }

  private static void close(@Nullable FrameConnection connection) {
    try {
      if (connection != null) {
        connection.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Calls at an even rate, and loses none: a failure ends the test. */
  private static void calls(TestService honest, List<Long> times) {
    long start = System.nanoTime();
    long pause = Duration.ofSeconds(1).toNanos() / HONEST_RATE;
    for (long due = start; due - start < ROUND.toNanos(); due += pause) {
      LockSupport.parkNanos(due - System.nanoTime());
      long began = System.nanoTime();
      assertThat(honest.emptyCall(Empty.getDefaultInstance())).isNotNull();
      times.add(System.nanoTime() - began);
    }
  }

  private static double p99(List<Long> times) {
    Collections.sort(times);
    return times.get(times.size() * 99 / 100) / 1e6;
  }

  /** What Netty has counted itself, and what the JDK has: each counts the buffers that it makes. */
  private static long direct() {
    long counted = Math.max(0, PlatformDependent.usedDirectMemory());
    for (BufferPoolMXBean pool : ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class)) {
      if (pool.getName().equals("direct")) {
        counted += pool.getMemoryUsed();
      }
    }
    return counted;
  }

  @Test
  void aBufferThatIsNotGivenBackIsSeen() {
    long before = direct();
    ByteBuf leaked = PooledByteBufAllocator.DEFAULT.directBuffer((int) MEMORY + 1);
    try {
      assertThat(direct() - before).isGreaterThan(MEMORY);
    } finally {
      leaked.release();
    }
  }

  private static long heap() {
    System.gc();
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }

  /** A loser for each winner, on one connection, for as long as the attacks of all rounds take. */
  @Test
  void hedgesOfAnHonestClientTripNoBound() throws Exception {
    Set<Object> connections = ConcurrentHashMap.newKeySet();
    int seconds = 3 * ROUNDS;
    try (RpcServer server =
            RpcServer.builder("hedged")
                .host("127.0.0.1")
                .service(TestServiceRpc.bind(new Answers()))
                .intercept(new NotesConnections(connections))
                .start();
        RpcChannel channel = RpcChannel.to("127.0.0.1:" + server.port()).build();
        LogCapture logs = LogCapture.of("io")) {
      TestService honest = TestServiceRpc.client(channel);
      long start = System.nanoTime();
      long pause = Duration.ofSeconds(1).toNanos() / HEDGES_A_SECOND;
      int hedges = seconds * HEDGES_A_SECOND;
      for (int i = 0; i < hedges; i++) {
        LockSupport.parkNanos(start + i * pause - System.nanoTime());
        ClientCall<StreamingOutputCallRequest, StreamingOutputCallResponse> loser =
            channel.newCall(TestServiceRpc.FULL_DUPLEX_CALL.descriptor(), CallOptions.DEFAULT);
        loser.start(new ClientCall.Listener<>() {}, new Metadata());
        loser.sendMessage(StreamingOutputCallRequest.getDefaultInstance());
        assertThat(honest.emptyCall(Empty.getDefaultInstance())).isNotNull();
        loser.cancel("lost", null);
      }
      System.out.printf(
          "hedges: %d in %.1f s, on one connection%n", hedges, (System.nanoTime() - start) / 1e9);
      assertThat(connections).hasSize(1);
      assertThat(logs.with("too_many")).isEmpty();
    }
  }

  private record NotesConnections(Set<Object> connections) implements ServerInterceptor {
    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
      connections.add(
          Objects.requireNonNull(call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR)));
      return next.startCall(call, headers);
    }
  }

  private static final class Answers implements TestService {
    @Override
    public Empty emptyCall(Empty request) {
      return request;
    }

    @Override
    public Source<StreamingOutputCallResponse> fullDuplexCall(
        Source<StreamingOutputCallRequest> requests) {
      // Answers when the caller has said all, which a loser never does.
      return requests.map(each -> StreamingOutputCallResponse.getDefaultInstance());
    }
  }
}
