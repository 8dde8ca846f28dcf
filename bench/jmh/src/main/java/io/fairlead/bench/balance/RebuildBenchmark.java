package io.fairlead.bench.balance;

import io.fairlead.testkit.ManualClock;
import io.grpc.EquivalentAddressGroup;
import io.grpc.LoadBalancer.SubchannelPicker;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** What it costs to make new pickers among a thousand endpoints. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class RebuildBenchmark {
  @Param({"round_robin", "weighted_round_robin", "consistent_hash", "least_request"})
  public String balancer = "";

  @Param({"fairlead", "grpc"})
  public String from = "";

  private List<EquivalentAddressGroup> all = List.of();
  private List<EquivalentAddressGroup> fewer = List.of();
  private @Nullable VirtualClient client;
  private int number;

  @Setup
  public void start() {
    VirtualClient started =
        Contest.of(balancer).start(from.equals("fairlead"), ManualClock.create());
    client = started;
    all = started.groups(Contest.endpoints(Contest.ENDPOINTS));
    fewer = all.subList(0, Contest.ENDPOINTS - 1);
  }

  /** One connection is lost and comes back: two pickers. */
  @Benchmark
  public SubchannelPicker flap() {
    VirtualClient changed = started();
    changed.cut("e" + (number++ % Contest.ENDPOINTS));
    changed.settle();
    return changed.picker();
  }

  /** One endpoint leaves the list and comes back: at least two pickers. */
  @Benchmark
  public SubchannelPicker list() {
    VirtualClient changed = started();
    changed.accept(fewer);
    changed.accept(all);
    changed.settle();
    return changed.picker();
  }

  private VirtualClient started() {
    if (client == null) {
      throw new IllegalStateException("not set up");
    }
    return client;
  }
}
