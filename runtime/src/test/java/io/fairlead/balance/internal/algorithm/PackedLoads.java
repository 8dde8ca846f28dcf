package io.fairlead.balance.internal.algorithm;

/** Reads what balancers compare, for tests of other packages. */
public final class PackedLoads {
  private PackedLoads() {}

  /** Calls in flight; negative while the endpoint fails calls or warms up. */
  public static int of(CountingEndpoint endpoint) {
    return endpoint.packedLoad();
  }
}
