package io.fairlead.client.internal;

import io.fairlead.EndpointSelector;
import io.fairlead.balance.internal.PickRequest;
import io.fairlead.policy.RoutePolicy;
import java.util.function.DoubleSupplier;

/** Divides the calls of a method between two sets of endpoints. Has no state of a call. */
final class CallRoute {
  private static final int STEPS = 1_000_000;

  private final EndpointSelector wanted;
  private final EndpointSelector others;
  private final double share;
  private final DoubleSupplier random;

  CallRoute(RoutePolicy policy, DoubleSupplier random) {
    this.wanted = new EndpointSelector(policy.tag(), policy.value(), false);
    this.others = wanted.others();
    this.share = policy.percent() / 100;
    this.random = random;
  }

  /** Returns what a call asks of the balancer that asks for no endpoints itself. */
  PickRequest of(PickRequest request) {
    return request.withRoute(place(request) < share ? wanted : others);
  }

  /** Returns a number from 0 up to 1: the same for equal keys, and else at random. */
  private double place(PickRequest request) {
    if (!request.hasKey()) {
      return random.getAsDouble();
    }
    // Balancers place the key's hash on a ring; its neighbours there must not go the same way.
    long mixed = request.key() * 0x9E3779B97F4A7C15L;
    return (double) Math.floorMod(mixed ^ (mixed >>> 32), STEPS) / STEPS;
  }
}
