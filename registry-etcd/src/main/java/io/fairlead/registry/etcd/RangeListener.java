package io.fairlead.registry.etcd;

import io.etcd.jetcd.api.Event;
import java.util.List;

/** Receives the content of a range: a whole list, then changes, then perhaps a list again. */
interface RangeListener {

  /**
   * This is the whole content now.
   *
   * @param revisionWentBack or the cluster's id changed: etcd is another store
   * @return whether it is another store, by this or by what the list says
   */
  boolean onListed(RangeSnapshot snapshot, boolean revisionWentBack);

  /** These changes happened after those delivered before, in this order. */
  void onChanged(List<Event> events, long revision);

  /** These changes are part of the last list already: they show who deregistered. */
  void onHistory(List<Event> events);

  /** Returns whether what was delivered agrees with this digest. */
  boolean matches(RangeDigest digest);

  /** What was delivered is up to date. */
  void onConfirmed();

  /** From now on what was delivered may be out of date, for this reason. */
  void onUnconfirmed(EtcdException failure);
}
