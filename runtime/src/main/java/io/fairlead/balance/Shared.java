package io.fairlead.balance;

import io.grpc.LoadBalancer.Helper;
import java.util.concurrent.atomic.LongAdder;

/** What all members of one channel have in common. */
final class Shared {
  private final Helper helper;
  private final Surroundings surroundings;
  private final Owner owner;
  private final LongAdder inFlight = new LongAdder();
  private volatile boolean warming;
  private volatile BalancingOptions options = BalancingOptions.DEFAULT;

  /** Whose members they are. All in the synchronization context. */
  interface Owner {
    /** Something about a member has changed. */
    void memberChanged(Member member);

    /** Whether the share of those that are out leaves room for another. */
    boolean mayEjectOneMore();
  }

  Shared(Helper helper, Surroundings surroundings, Owner owner) {
    this.helper = helper;
    this.surroundings = surroundings;
    this.owner = owner;
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

  /** Whether some member takes only a share of its calls; mostly none does, and none is asked. */
  boolean isWarming() {
    return warming;
  }

  void warming(boolean someAre) {
    warming = someAre;
  }

  /** Calls on their way to any endpoint. */
  LongAdder inFlight() {
    return inFlight;
  }

  /** Runs in the synchronization context, from whatever thread this is called. */
  void later(Runnable task) {
    helper.getSynchronizationContext().execute(task);
  }

  void changed(Member member) {
    owner.memberChanged(member);
  }

  boolean mayEjectOneMore() {
    return owner.mayEjectOneMore();
  }
}
