package io.fairlead.balance.internal;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.grpc.LoadBalancer.PickSubchannelArgs;
import io.grpc.LoadBalancer.SubchannelPicker;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A pick is on the path of every call: it must leave nothing for the collector. */
class PickAllocationTest {
  private static final int PICKS = 5_000;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "pick_first", "round_robin", "randomized_round_robin", "weighted_round_robin", "random",
        "weighted_random", "least_request", "least_connections", "peak_ewma", "consistent_hash",
        "maglev", "sticky"
      })
  void aPickAllocatesNothing(String policy) {
    VirtualChannel channel = VirtualChannel.of(policy, VirtualChannel.endpoints(100));
    LoadBalancingContext first = channel.attempt(PickRequest.ANY.withKey("key"));
    channel.call(first);
    PickSubchannelArgs args = VirtualChannel.args(first.next());
    SubchannelPicker picker = channel.picker();
    pickMany(picker, args);
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    pickMany(picker, args);
    long allocated = threads.getCurrentThreadAllocatedBytes() - before;
    // Less than one byte a pick: what the measuring itself takes.
    assertThat(allocated).isLessThan(PICKS);
  }

  private static void pickMany(SubchannelPicker picker, PickSubchannelArgs args) {
    for (int i = 0; i < PICKS; i++) {
      if (picker.pickSubchannel(args).getSubchannel() == null) {
        throw new IllegalStateException("no endpoint");
      }
    }
  }
}
