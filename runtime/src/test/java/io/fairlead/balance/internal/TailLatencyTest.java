package io.fairlead.balance.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Whole clusters in virtual time, behind the real balancer: what callers feel. */
class TailLatencyTest {
  private static final int SERVERS = 10;
  private static final int WORKERS = 4;
  private static final int CALLS = 30_000;

  @Test
  void leastRequestAndPeakEwmaBeatRoundRobinWhereHalfAreSlow() {
    double roundRobin = p99Millis("round_robin", 0.7);
    double leastRequest = p99Millis("least_request", 0.7);
    double peakEwma = p99Millis("peak_ewma", 0.7);
    System.getLogger("simulation")
        .log(
            System.Logger.Level.INFO,
            "p99 in ms, 10 servers, half of them 3x slower, 70 % of capacity: round_robin {0},"
                + " least_request {1}, peak_ewma {2}",
            roundRobin,
            leastRequest,
            peakEwma);
    assertThat(roundRobin / leastRequest).isGreaterThanOrEqualTo(3);
    assertThat(roundRobin / peakEwma).isGreaterThanOrEqualTo(3);
  }

  /** Servers with a few workers and a queue; service times are exponential around 10 or 30 ms. */
  private static double p99Millis(String policy, double load) {
    VirtualChannel channel = VirtualChannel.of(policy, VirtualChannel.endpoints(SERVERS));
    SplittableRandom random = new SplittableRandom(7);
    Map<String, ArrayDeque<Job>> queues = new HashMap<>();
    Map<String, Integer> busy = new HashMap<>();
    PriorityQueue<Job> running = new PriorityQueue<>((a, b) -> Double.compare(a.doneAt, b.doneAt));
    double capacity = SERVERS / 2.0 * WORKERS / 10 + SERVERS / 2.0 * WORKERS / 30; // per ms
    double now = 0;
    double next = 0;
    int sent = 0;
    List<Double> latencies = new ArrayList<>();
    while (latencies.size() < CALLS) {
      Job first = running.peek();
      boolean arrival = sent < CALLS && (first == null || next <= first.doneAt);
      double at = arrival || first == null ? next : first.doneAt;
      channel.pass(Math.round(at) - Math.round(now));
      now = at;
      if (arrival) {
        sent++;
        next = now - Math.log(1 - random.nextDouble()) / (load * capacity);
        Job job = new Job(channel.start(channel.attempt()), now);
        if (busy.merge(job.call.id(), 1, Integer::sum) <= WORKERS) {
          run(job, now, random, running);
        } else {
          queues.computeIfAbsent(job.call.id(), id -> new ArrayDeque<>()).add(job);
        }
      } else {
        Job done = running.remove();
        done.call.end(Status.OK);
        latencies.add(now - done.arrivedAt);
        busy.merge(done.call.id(), -1, Integer::sum);
        Job waiting = queues.getOrDefault(done.call.id(), new ArrayDeque<>()).poll();
        if (waiting != null) {
          run(waiting, now, random, running);
        }
      }
    }
    Collections.sort(latencies);
    return latencies.get((int) (latencies.size() * 0.99));
  }

  private static void run(
      Job job, double now, SplittableRandom random, PriorityQueue<Job> running) {
    int number = Integer.parseInt(job.call.id().substring(1));
    double mean = number < SERVERS / 2 ? 10 : 30;
    job.doneAt = now - Math.log(1 - random.nextDouble()) * mean;
    running.add(job);
  }

  private static final class Job {
    private final VirtualChannel.Call call;
    private final double arrivedAt;
    private double doneAt;

    Job(VirtualChannel.Call call, double arrivedAt) {
      this.call = call;
      this.arrivedAt = arrivedAt;
    }
  }
}
