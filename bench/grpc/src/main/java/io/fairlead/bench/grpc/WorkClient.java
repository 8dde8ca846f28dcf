package io.fairlead.bench.grpc;

import io.fairlead.bench.work.v1.Job;
import io.fairlead.bench.work.v1.WorkAsync;
import io.fairlead.bench.work.v1.WorkRpc;
import io.fairlead.client.RpcChannel;
import io.fairlead.policy.FailureMode;
import io.fairlead.policy.MethodPolicy;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Phaser;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;

/**
 * Calls of both methods at fixed rates, at moments that are random and the same for each server;
 * {@code bench/limits/run} starts it. Latencies count from the intended moment.
 */
final class WorkClient {
  private WorkClient() {}

  /**
   * Takes lines {@code port=… millis=… seed=… quick=… quick_micros=… slow=… slow_micros=…} with
   * calls per second, and answers each.
   */
  public static void main(String[] args) throws Exception {
    System.out.println("@ready");
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    Map<Integer, RpcChannel> channels = new HashMap<>();
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      Map<String, Integer> asked = new HashMap<>();
      for (String word : line.split(" ", -1)) {
        String[] field = word.split("=", 2);
        asked.put(field[0], Integer.valueOf(field[1]));
      }
      RpcChannel channel = channels.computeIfAbsent(number(asked, "port"), WorkClient::connect);
      System.out.println("@" + run(channel, asked));
    }
    channels.values().forEach(RpcChannel::close);
  }

  static RpcChannel connect(int port) {
    return RpcChannel.to("127.0.0.1:" + port)
        .policy("*", MethodPolicy.builder().failureMode(FailureMode.FAILFAST).build())
        .build();
  }

  static String run(RpcChannel channel, Map<String, Integer> asked) throws InterruptedException {
    WorkAsync work = WorkRpc.asyncClient(channel);
    Duration length = Duration.ofMillis(number(asked, "millis"));
    Stream quick = new Stream(asked, "quick", work::quick);
    Stream slow = new Stream(asked, "slow", work::slow);
    long start = System.nanoTime();
    Thread other = new Thread(() -> slow.send(start, length), "slow");
    other.start();
    quick.send(start, length);
    other.join();
    quick.awaitAll();
    slow.awaitAll();
    return quick + " " + slow;
  }

  private static int number(Map<String, Integer> asked, String name) {
    return Objects.requireNonNull(asked.get(name), name);
  }

  /** The calls of one method. */
  private static final class Stream {
    private final String name;
    private final double perSecond;
    private final Job job;
    private final Random random;
    private final Function<Job, CompletionStage<Job>> method;
    private final Phaser open = new Phaser(1);
    private final Histogram latencies = new ConcurrentHistogram(60_000_000_000L, 3);
    private final AtomicInteger answered = new AtomicInteger();
    private int sent;

    Stream(Map<String, Integer> asked, String name, Function<Job, CompletionStage<Job>> method) {
      this.name = name;
      this.perSecond = number(asked, name);
      this.job = Job.newBuilder().setMicros(number(asked, name + "_micros")).build();
      this.random = new Random(number(asked, "seed") * 31L + name.length());
      this.method = method;
    }

    void send(long start, Duration length) {
      double due = start;
      while (true) {
        due += -Math.log(1 - random.nextDouble()) / perSecond * 1e9;
        if (due > start + length.toNanos()) {
          return;
        }
        long at = (long) due;
        for (long left = at - System.nanoTime(); left > 0; left = at - System.nanoTime()) {
          LockSupport.parkNanos(left);
        }
        call(at);
      }
    }

    private void call(long due) {
      sent++;
      open.register();
      method
          .apply(job)
          .whenComplete(
              (answer, failure) -> {
                if (failure == null) {
                  answered.incrementAndGet();
                  latencies.recordValue(Math.max(1, System.nanoTime() - due));
                }
                open.arriveAndDeregister();
              });
    }

    void awaitAll() {
      open.arriveAndAwaitAdvance();
    }

    @Override
    public String toString() {
      return "%1$s_sent=%2$d %1$s_answered=%3$d %1$s_p50=%4$d %1$s_p99=%5$d"
          .formatted(
              name,
              sent,
              answered.get(),
              latencies.getValueAtPercentile(50) / 1000,
              latencies.getValueAtPercentile(99) / 1000);
    }
  }
}
