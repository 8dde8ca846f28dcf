package io.fairlead.balance;

import io.grpc.LoadBalancer.Helper;
import java.util.concurrent.atomic.LongAdder;

/** What all members of one channel have in common. */
final class Shared {
  private final Helper helper;
  private final Surroundings surroundings;
  private final Runnable onChange;
  private final LongAdder inFlight = new LongAdder();
  private volatile BalancingOptions options = BalancingOptions.DEFAULT;
  private int ejected;
  private int members;

  Shared(Helper helper, Surroundings surroundings, Runnable onChange) {
    this.helper = helper;
    this.surroundings = surroundings;
    this.onChange = onChange;
  }

  Helper helper() {
    return helper;
  }

  Surroundings surroundings() {
    return surroundings;
  }

  long nanoTime() {
    return surroundings.nanoTime().getAsLong();
  }

  SubchannelStream.Context streams() {
    return new SubchannelStream.Context(
        helper.getSynchronizationContext(),
        helper.getScheduledExecutorService(),
        surroundings.randomBits());
  }

  BalancingOptions options() {
    return options;
  }

  void options(BalancingOptions newOptions) {
    options = newOptions;
  }

  /** Calls on their way to any endpoint. */
  LongAdder inFlight() {
    return inFlight;
  }

  /** Runs in the synchronization context, from whatever thread this is called. */
  void later(Runnable task) {
    helper.getSynchronizationContext().execute(task);
  }

  void changed() {
    onChange.run();
  }

  /** How many there are and how many of them are ejected, counted when the roster was made. */
  void count(int allMembers, int ejectedMembers) {
    members = allMembers;
    ejected = ejectedMembers;
  }

  boolean mayEjectOneMore() {
    return OutlierDetector.mayEject(options.outliers().maxPercent(), members, ejected);
  }
}
