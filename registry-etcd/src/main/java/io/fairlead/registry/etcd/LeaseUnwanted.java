package io.fairlead.registry.etcd;

/** Nobody needs a lease. */
final class LeaseUnwanted implements LeaseState {
  @Override
  public String toString() {
    return "none";
  }
}
