package io.fairlead.bench.grpc;

import io.fairlead.bench.work.v1.Job;
import io.fairlead.bench.work.v1.Work;
import io.fairlead.bench.work.v1.WorkRpc;
import io.fairlead.policy.AdaptiveLimitPolicy;
import io.fairlead.policy.ConcurrencyLimits;
import io.fairlead.server.RpcServer;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;

/**
 * A quick and a slow method, limited as {@code bench/limits/run} says. Ends with its standard
 * input.
 */
final class WorkServer {
  private WorkServer() {}

  /**
   * {@code WorkServer adaptive}, {@code WorkServer adaptive,SLOW} with a fixed limit for the slow
   * method, or {@code WorkServer QUICK,SLOW} with fixed limits of both.
   */
  public static void main(String[] args) throws IOException {
    try (RpcServer server = start(args[0])) {
      System.out.println("@port=" + server.port());
      while (System.in.read() >= 0) {
        // Until the end.
      }
    }
  }

  static RpcServer start(String limits) {
    return RpcServer.builder("work")
        .host("127.0.0.1")
        .service(WorkRpc.bind(new Computing()))
        .limits(all -> limit(all, limits.split(",", -1)))
        .start();
  }

  private static ConcurrencyLimits.Builder limit(ConcurrencyLimits.Builder limits, String[] said) {
    if (said[0].equals("adaptive")) {
      // One processor: the least that a limit may be is below the standard's four.
      limits.adaptiveLimit(AdaptiveLimitPolicy.builder().between(1, 20, 10_000).build());
    } else {
      limits.maxConcurrentCallsOf(WorkRpc.SERVICE_NAME + "/Quick", Integer.parseInt(said[0]));
    }
    if (said.length > 1) {
      limits.maxConcurrentCallsOf(WorkRpc.SERVICE_NAME + "/Slow", Integer.parseInt(said[1]));
    }
    return limits;
  }

  /**
   * Takes about the processor time that is asked for, however long that lasts. It counts steps, as
   * a virtual thread cannot read a clock of its processor time.
   */
  private static final class Computing implements Work {
    private static final int CALIBRATION_STEPS = 20_000_000;
    private static final double STEPS_PER_MICRO = calibrate();

    /** Keeps the compiler from leaving the steps out. */
    @SuppressWarnings("UnusedVariable")
    private static volatile long result;

    @Override
    public Job quick(Job job) {
      return compute(job);
    }

    @Override
    public Job slow(Job job) {
      return compute(job);
    }

    private static Job compute(Job job) {
      result = steps((long) (job.getMicros() * STEPS_PER_MICRO));
      return job;
    }

    private static long steps(long count) {
      long value = count | 1;
      for (long i = 0; i < count; i++) {
        value ^= value << 13;
        value ^= value >>> 7;
        value ^= value << 17;
      }
      return value;
    }

    /** The first round is for the JIT compiler. */
    private static double calibrate() {
      ThreadMXBean threads = ManagementFactory.getThreadMXBean();
      result = steps(CALIBRATION_STEPS);
      long begin = threads.getCurrentThreadCpuTime();
      result = steps(CALIBRATION_STEPS);
      long nanos = threads.getCurrentThreadCpuTime() - begin;
      return CALIBRATION_STEPS * 1000.0 / nanos;
    }
  }
}
