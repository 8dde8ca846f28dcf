package io.fairlead.bench;

import io.fairlead.bench.v1.Payload;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** Load that starts the next call when the last one has ended, so many at a time. */
final class ClosedLoop {
  private static final int STREAM_MESSAGES = 1_000_000;
  private static final int BULK_MESSAGES = 1024;
  private static final int PING_PONG_ROUNDS = 500;

  private final BenchClient client;
  private final Load load;
  private final long endNanos;
  private final List<Histogram> latencies = new ArrayList<>();
  private final AtomicLong failures = new AtomicLong();
  private final CountDownLatch ended;
  private volatile @Nullable Throwable firstFailure;

  private ClosedLoop(BenchClient client, Load load, Duration length) {
    this.client = client;
    this.load = load;
    this.endNanos = System.nanoTime() + length.toNanos();
    this.ended = new CountDownLatch(load.inFlight());
  }

  static Sample run(BenchClient client, Load load, Duration length) throws InterruptedException {
    return new ClosedLoop(client, load, length).run();
  }

  private Sample run() throws InterruptedException {
    Usage before = Usage.now();
    long start = System.nanoTime();
    for (int i = 0; i < load.inFlight(); i++) {
      Histogram mine = new Histogram(60_000_000_000L, 3);
      latencies.add(mine);
      if (load.kind() == Load.Kind.ASYNC) {
        new Chain(mine).next();
      } else {
        Thread thread = new Thread(() -> loop(mine), "load-" + i);
        thread.setDaemon(true);
        thread.start();
      }
    }
    ended.await();
    long nanos = System.nanoTime() - start;
    Usage used = Usage.now().since(before);
    Histogram all = new Histogram(60_000_000_000L, 3);
    latencies.forEach(all::add);
    reportFailure();
    return Sample.of(failures.get(), nanos, used, all);
  }

  private void loop(Histogram mine) {
    try {
      while (System.nanoTime() < endNanos) {
        long start = System.nanoTime();
        long operations = call();
        long nanos = System.nanoTime() - start;
        mine.recordValueWithCount(Math.max(1, nanos / operations), operations);
      }
    } catch (Exception e) {
      failed(e);
    } finally {
      ended.countDown();
    }
  }

  private long call() throws Exception {
    return switch (load.kind()) {
      case BLOCKING -> {
        check(client.unary(Payloads.SMALL), Payloads.SMALL);
        yield 1;
      }
      case LARGE -> large(1);
      case LARGE16 -> large(16);
      case LARGE64 -> large(64);
      case BULK -> all(client.observe(Payloads.large(1), BULK_MESSAGES), BULK_MESSAGES);
      case STREAM -> all(client.stream(Payloads.SMALL, STREAM_MESSAGES), STREAM_MESSAGES);
      case OBSERVE -> all(client.observe(Payloads.SMALL, STREAM_MESSAGES), STREAM_MESSAGES);
      case PINGPONG -> {
        client.pingPong(Payloads.SMALL, PING_PONG_ROUNDS);
        yield PING_PONG_ROUNDS;
      }
      default -> throw new IllegalArgumentException("Not a load of this process: " + load);
    };
  }

  private long large(int mebibytes) throws Exception {
    Payload request = Payloads.large(mebibytes);
    check(client.unary(request), request);
    return 1;
  }

  private static long all(long came, long wanted) {
    if (came != wanted) {
      throw new IllegalStateException(came + " messages came, not " + wanted);
    }
    return came;
  }

  private static void check(Payload answer, Payload request) {
    if (answer.getBody().size() != request.getBody().size()) {
      throw new IllegalStateException("The answer is not the request: " + answer.getId());
    }
  }

  private void failed(Throwable failure) {
    failures.incrementAndGet();
    firstFailure = failure;
  }

  private void reportFailure() {
    Throwable failure = firstFailure;
    if (failure != null) {
      failure.printStackTrace();
    }
  }

  /** Calls one after the other, each started where the last one ended. */
  private final class Chain implements Completion {
    private final Histogram mine;
    private long startNanos;

    Chain(Histogram mine) {
      this.mine = mine;
    }

    void next() {
      startNanos = System.nanoTime();
      client.unaryAsync(Payloads.SMALL, this);
    }

    @Override
    public void ended(@Nullable Throwable failure) {
      long now = System.nanoTime();
      if (failure != null) {
        failed(failure);
        ended.countDown();
        return;
      }
      mine.recordValue(Math.max(1, now - startNanos));
      if (now < endNanos) {
        next();
      } else {
        ended.countDown();
      }
    }
  }
}
