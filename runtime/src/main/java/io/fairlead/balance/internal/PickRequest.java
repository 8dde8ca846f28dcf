package io.fairlead.balance.internal;

import io.fairlead.EndpointSelector;
import io.fairlead.balance.EndpointView;
import io.fairlead.balance.internal.algorithm.KeyHash;
import io.fairlead.policy.BalancerSpec;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What a call asks of the balancer. All attempts of a call share one, and so do all calls of a
 * method that ask for nothing of their own.
 *
 * @param balancer null for the channel's
 * @param key the hash of the key; meaningless without one
 * @param endpointSelector which endpoints are wanted, or null for any
 * @param routed whether the selector is that of a policy, and not of the call itself
 * @param endpoint the id or the address of the only one that is wanted, or null
 * @param broadcastListener hears of all endpoints within the pick, or null
 */
public record PickRequest(
    @Nullable BalancerSpec balancer,
    EndpointFilter filter,
    boolean hasKey,
    long key,
    @Nullable EndpointSelector endpointSelector,
    boolean routed,
    @Nullable String endpoint,
    @Nullable Consumer<? super List<EndpointView>> broadcastListener) {
  /** Leaves the choice to the balancer of the channel. */
  static final PickRequest ANY = of(null, EndpointFilter.ALLOW_ALL);

  /** Returns a request that leaves the choice to a balancer; {@code null} is the channel's. */
  public static PickRequest of(@Nullable BalancerSpec balancer, EndpointFilter filter) {
    return new PickRequest(balancer, filter, false, 0, null, false, null, null);
  }

  /**
   * Sets the key of consistent hashing: a scalar, an enum, a string or bytes. The same value gives
   * the same hash in every process.
   */
  public PickRequest withKey(Object value) {
    return new PickRequest(
        balancer,
        filter,
        true,
        KeyHash.of(value),
        endpointSelector,
        routed,
        endpoint,
        broadcastListener);
  }

  /** Sets which endpoints are wanted. */
  public PickRequest withEndpointSelector(EndpointSelector wanted) {
    return new PickRequest(
        balancer, filter, hasKey, key, wanted, false, endpoint, broadcastListener);
  }

  /** Sets which endpoints a policy wants; a selector of the call itself comes before it. */
  public PickRequest withRoute(EndpointSelector wanted) {
    return new PickRequest(
        balancer, filter, hasKey, key, wanted, true, endpoint, broadcastListener);
  }

  /** Returns the same for any endpoint, if a policy chose some. */
  public PickRequest withoutRoute() {
    return routed
        ? new PickRequest(balancer, filter, hasKey, key, null, false, endpoint, broadcastListener)
        : this;
  }

  /**
   * Sends the attempts to one given endpoint and to no other, whatever the balancer says. They wait
   * while that endpoint is being connected for the first time, and fail if it cannot be reached.
   *
   * @param idOrAddress the endpoint's id, or one of its addresses as {@code host:port}
   */
  public PickRequest withEndpoint(String idOrAddress) {
    return new PickRequest(
        balancer, filter, hasKey, key, endpointSelector, routed, idOrAddress, broadcastListener);
  }

  /**
   * Sends the attempt to the first endpoint of the list, and tells of the whole list within the
   * pick, once: for a call that goes to all of them. The list is never empty, and holds those too
   * that cannot be reached now. From then on the attempt is for that endpoint.
   */
  public PickRequest withBroadcast(Consumer<? super List<EndpointView>> told) {
    return new PickRequest(balancer, filter, hasKey, key, endpointSelector, routed, endpoint, told);
  }
}
