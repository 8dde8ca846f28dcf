package io.fairlead.balance.internal.algorithm;

import io.fairlead.balance.EndpointView;
import io.fairlead.discovery.Endpoint;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.jspecify.annotations.Nullable;

/**
 * An endpoint with what every pick reads: its weight and its calls in flight.
 *
 * <p>They are kept here, one step from the picker's list: among many endpoints each further step is
 * a miss of the cache. The count and a flag share one field. The flag is the sign: it is set while
 * the endpoint fails calls or warms up, so that one read tells whether the plain comparison of two
 * counts is enough.
 *
 * <p>When the registry sends new data for an endpoint, a new object replaces this one, and calls
 * that started on the old object end on the new. Both therefore count in the first of them, {@link
 * #loadOwner}. Calls start and end on any thread.
 */
public abstract class CountingEndpoint implements EndpointView {
  private static final AtomicIntegerFieldUpdater<CountingEndpoint> PACKED_LOAD =
      AtomicIntegerFieldUpdater.newUpdater(CountingEndpoint.class, "packedLoad");

  /** Set in {@link #packedLoad} while a comparison has to look at more than the calls in flight. */
  private static final int IMPAIRED_BIT = Integer.MIN_VALUE;

  private final Endpoint endpoint;
  private final CountingEndpoint loadOwner;
  private final int weight;
  private @Nullable String hostAndPort;
  private volatile int packedLoad;

  /**
   * An endpoint with the data that the registry gave last.
   *
   * @param before the same endpoint with older data, which goes on counting its calls; null if
   *     there is none
   */
  public CountingEndpoint(Endpoint endpoint, @Nullable CountingEndpoint before) {
    this.endpoint = endpoint;
    this.loadOwner = before == null ? this : before.loadOwner;
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
    return packedLoad() & ~IMPAIRED_BIT;
  }

  /**
   * Calls in flight; below zero while the endpoint fails calls or warms up. So two that are well
   * are compared by this alone.
   */
  final int packedLoad() {
    return loadOwner.packedLoad;
  }

  /** Adds calls that have started, or takes those that have ended. Any thread. */
  public final void addInFlight(int calls) {
    PACKED_LOAD.getAndAdd(loadOwner, calls);
  }

  /** Sets or clears the flag. One thread at a time, as it reads before it writes. */
  public final void setImpaired(boolean now) {
    if (now != packedLoad() < 0) {
      addInFlight(IMPAIRED_BIT); // Turns the sign and leaves the number.
    }
  }

  @Override
  public String toString() {
    String address = hostAndPort();
    return endpoint.id().equals(address) ? address : endpoint.id() + " (" + address + ")";
  }
}
