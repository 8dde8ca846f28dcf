package io.fairlead.balance;

import io.fairlead.discovery.Endpoint;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.jspecify.annotations.Nullable;

/**
 * An endpoint with what every pick reads: its weight and its calls in flight. They are kept here,
 * one step from the picker's list: among many endpoints each step is a miss of the cache.
 */
abstract class CountingEndpoint implements EndpointView {
  private static final AtomicIntegerFieldUpdater<CountingEndpoint> STANDING =
      AtomicIntegerFieldUpdater.newUpdater(CountingEndpoint.class, "standing");

  /** In the standing: a comparison has to look at more than the calls in flight. */
  private static final int TROUBLED = Integer.MIN_VALUE;

  private final Endpoint endpoint;
  private final CountingEndpoint counting;
  private final int weight;
  private @Nullable String hostAndPort;
  private volatile int standing;

  /**
   * An endpoint with the data that the registry gave last.
   *
   * @param before the same endpoint with older data, which goes on counting its calls; null if
   *     there is none
   */
  CountingEndpoint(Endpoint endpoint, @Nullable CountingEndpoint before) {
    this.endpoint = endpoint;
    this.counting = before == null ? this : before.counting;
    this.weight = endpoint.weight();
  }

  @Override
  public final Endpoint endpoint() {
    return endpoint;
  }

  @Override
  public final String hostAndPort() {
    String made = hostAndPort; // Made once for all calls; by two threads at once does no harm.
    if (made == null) {
      made = EndpointView.super.hostAndPort();
      hostAndPort = made;
    }
    return made;
  }

  @Override
  public final int weight() {
    return weight;
  }

  @Override
  public final int inFlight() {
    return standing() & ~TROUBLED;
  }

  /**
   * Calls in flight; below zero while the endpoint fails calls or warms up. So two that are well
   * are compared by this alone.
   */
  final int standing() {
    return counting.standing;
  }

  /** Calls have started, or ended. */
  final void count(int calls) {
    STANDING.getAndAdd(counting, calls);
  }

  /** One thread at a time. */
  final void troubled(boolean now) {
    if (now != standing() < 0) {
      count(TROUBLED); // Turns the sign and leaves the number.
    }
  }

  @Override
  public String toString() {
    String address = hostAndPort();
    return endpoint.id().equals(address) ? address : endpoint.id() + " (" + address + ")";
  }
}
