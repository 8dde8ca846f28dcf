package io.fairlead.registry.etcd;

import org.jspecify.annotations.Nullable;

/** Where the process's lease stands. Methods are called on the loop. */
sealed interface LeaseState permits LeaseUnwanted, LeaseAwaited, LeaseGranting, LeaseHeld {

  /** Called once, when this has become the keeper's state. */
  default void onEnter() {}

  /** Called once, before another state takes over. */
  default void onExit() {}

  default void linkUp(EtcdClient client) {}

  /** etcd refused a request because the lease is not there. */
  default void suspect() {}

  default @Nullable GrantedLease lease() {
    return null;
  }
}
