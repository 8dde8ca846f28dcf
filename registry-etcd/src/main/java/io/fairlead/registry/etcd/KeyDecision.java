package io.fairlead.registry.etcd;

import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/** What to do about a key that we want to hold, given what stands there. */
sealed interface KeyDecision {

  /** All is as it should be. */
  record Keep(KeyRecord found) implements KeyDecision {}

  /** To be written, if the key's last write is still this one; 0 for a key that is not there. */
  record Write(long ifModRevision, long createRevision) implements KeyDecision {}

  /** Someone else's, by its lease; left as it is. */
  record Yield(KeyRecord found) implements KeyDecision {}

  /**
   * Decides.
   *
   * @param ours tells the leases that this process was ever granted
   */
  static KeyDecision decide(
      @Nullable KeyRecord found, String wanted, long lease, LongPredicate ours) {
    if (found == null) {
      return new Write(0, 0);
    }
    if (!ours.test(found.lease())) {
      return new Yield(found);
    }
    return found.lease() == lease && found.value().equals(wanted)
        ? new Keep(found)
        : new Write(found.modRevision(), found.createRevision());
  }
}
