package io.fairlead.registry.etcd;

import io.etcd.jetcd.api.Event;
import java.util.List;

/** Receives the content of a range: a whole list, then changes, then perhaps a list again. */
interface RangeListener {

  /**
   * This is the whole content now.
   *
   * @param revisionWentBack or the id changed: etcd is not the store that it was
   * @return whether it is another store, by this or by what the list says
   */
  boolean onListed(RangeSnapshot snapshot, boolean revisionWentBack);

  /** These changes happened after what was told before, in this order. */
  void onChanged(List<Event> events, long revision);

  /** These changes are part of the last list already: they tell how it came to be. */
  void onHistory(List<Event> events);

  /** Whether what was told agrees with this summary. */
  boolean matches(RangeDigest digest);

  /** What was told has turned out to be up to date, after a silence. */
  void onConfirmed();

  /** From now on what was told may be out of date, for this reason. */
  void onUnconfirmed(EtcdException failure);
}
