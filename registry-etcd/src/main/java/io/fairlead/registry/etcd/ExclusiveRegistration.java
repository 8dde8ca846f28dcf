package io.fairlead.registry.etcd;

import io.fairlead.discovery.Registration;
import java.util.OptionalLong;

/**
 * A registration under a name that at most one process holds in etcd at a time. {@link
 * State#REGISTERING} while another one holds it, {@link State#LOST} as soon as our own clock says
 * that the lease may have run out.
 *
 * <p>A lease cannot promise more than that: a holder that is paused, or cut off, learns late that
 * it is not the holder any more, and another one may have begun by then. What must not be done
 * twice has to be refused by the place where it is done: hand it the {@link #fencingToken()}, and
 * let it turn down every token smaller than the greatest that it has seen.
 */
public interface ExclusiveRegistration extends Registration {

  /**
   * Names this holding: greater than that of every earlier holder in the same etcd. Empty while we
   * do not hold the name, by our own clock at this moment. A restored backup of etcd may begin at
   * smaller tokens again.
   */
  OptionalLong fencingToken();
}
