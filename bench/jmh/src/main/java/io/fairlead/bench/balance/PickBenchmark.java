package io.fairlead.bench.balance;

import io.fairlead.testkit.ManualClock;
import io.grpc.LoadBalancer.PickResult;
import io.grpc.LoadBalancer.PickSubchannelArgs;
import io.grpc.LoadBalancer.SubchannelPicker;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.infra.Blackhole;

/** What one pick costs among a thousand endpoints. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class PickBenchmark {
  /** 12 KB with what they bring along, so that the nearest cache holds them. */
  private static final int CALLS = 24;

  /** The picker, which all threads use. */
  @State(Scope.Benchmark)
  public static class Cluster {
    @Param({"round_robin", "weighted_round_robin", "consistent_hash", "least_request"})
    public String balancer = "";

    @Param({"fairlead", "grpc"})
    public String from = "";

    private SubchannelPicker picker = new NoPicker();

    @Setup
    public void start() {
      picker = Contest.of(balancer).start(from.equals("fairlead"), ManualClock.create()).picker();
    }
  }

  /**
   * The calls of one thread, each with a key of its own. They are new each time, as calls are: a
   * pick finds its call in the nearest cache, and its key has not been asked for before.
   */
  @State(Scope.Thread)
  public static class Calls {
    private final SplittableRandom random = new SplittableRandom(7);
    private final PickArgs[] calls = new PickArgs[CALLS];

    @Setup
    public void check(Cluster cluster) {
      make();
      PickResult first = cluster.picker.pickSubchannel(calls[0]);
      if (first.getSubchannel() == null) {
        throw new IllegalStateException("nothing is picked: " + first);
      }
    }

    @Setup(Level.Invocation)
    public void make() {
      for (int i = 0; i < CALLS; i++) {
        calls[i] = Contest.call(random.nextLong());
      }
    }
  }

  @Benchmark
  @OperationsPerInvocation(CALLS)
  public void pick(Cluster cluster, Calls calls, Blackhole picked) {
    for (PickArgs call : calls.calls) {
      picked.consume(cluster.picker.pickSubchannel(call));
    }
  }

  private static final class NoPicker extends SubchannelPicker {
    @Override
    public PickResult pickSubchannel(PickSubchannelArgs args) {
      return PickResult.withNoResult();
    }
  }
}
