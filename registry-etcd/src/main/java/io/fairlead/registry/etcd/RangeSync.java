package io.fairlead.registry.etcd;

import io.etcd.jetcd.api.ResponseHeader;
import org.jspecify.annotations.Nullable;

/**
 * Follows the content of a range through every fault: reads the range at a revision, watches from
 * the next one, and on any doubt reads again. Used on the loop alone.
 */
final class RangeSync implements Link.Listener {
  /** How many revisions of a new store's past are read, to learn who deregistered lately. */
  private static final long MAX_HISTORY_REVISIONS = 10_000;

  private final Link link;
  private final KeyRange range;
  private final RangeListener listener;
  private final Backoff backoff;
  private RangeSyncState state;
  private long cluster;
  private long revision;

  /**
   * Every change up to here was delivered; -1 before the first list. A list does not move it, as a
   * list does not show who deregistered.
   */
  private long deliveredThrough = -1;

  private long listCount;

  RangeSync(Link link, KeyRange range, RangeListener listener) {
    this.link = link;
    this.range = range;
    this.listener = listener;
    this.backoff = new Backoff(RangeSyncBackingOff.FIRST_PAUSE, link.random());
    this.state = new RangeSyncDisconnected(this);
  }

  void start() {
    link.add(this);
    EtcdClient client = link.client();
    if (client != null) {
      become(new RangeSyncListing(this, client));
    }
  }

  @Override
  public void linkUp(EtcdClient client) {
    state.linkUp(client);
  }

  @Override
  public void linkDown(EtcdException failure) {
    state.linkDown(failure);
    listener.onUnconfirmed(failure);
  }

  void close() {
    link.remove(this);
    state.onExit();
    state = new RangeSyncDisconnected(this);
  }

  void become(RangeSyncState next) {
    state.onExit();
    state = next;
    next.onEnter();
  }

  /** Reads again after a pause, or when the link is up again. */
  void retry(EtcdException failure) {
    listener.onUnconfirmed(failure);
    become(
        link.client() == null
            ? new RangeSyncDisconnected(this)
            : RangeSyncBackingOff.after(this, failure, backoff));
  }

  /** Returns whether etcd's revision went back, or its identity changed, since the last header. */
  boolean isReplacedBy(long headerCluster, long headerRevision) {
    return revision != 0 && (headerRevision < revision || headerCluster != cluster);
  }

  boolean isReplacedBy(ResponseHeader header) {
    return isReplacedBy(header.getClusterId(), header.getRevision());
  }

  /** Returns the revision from which changes are of interest: those before the list tell why. */
  long onListed(RangeSnapshot snapshot) {
    boolean wentBack = isReplacedBy(snapshot.cluster(), snapshot.revision());
    listCount++;
    cluster = snapshot.cluster();
    revision = snapshot.revision();
    if (listener.onListed(snapshot, wentBack)) {
      deliveredThrough = Math.max(0, revision - MAX_HISTORY_REVISIONS);
    } else if (deliveredThrough < 0) {
      deliveredThrough = revision;
    }
    return deliveredThrough + 1;
  }

  /** An earlier process had seen changes up to here; etcd may be another store since. */
  void resumeFrom(long remembered) {
    deliveredThrough =
        Math.max(
            0, Math.max(revision - MAX_HISTORY_REVISIONS, remembered <= revision ? remembered : 0));
  }

  /** A header of the watch; more may be to come of what happened before it. */
  void observedRevision(long newRevision) {
    revision = newRevision;
  }

  void deliveredThrough(long upTo) {
    deliveredThrough = Math.max(deliveredThrough, upTo);
  }

  Link link() {
    return link;
  }

  KeyRange range() {
    return range;
  }

  RangeListener listener() {
    return listener;
  }

  Backoff backoff() {
    return backoff;
  }

  /** Returns whether a list was ever read: a first one is read without a backoff. */
  boolean hasList() {
    return listCount > 0;
  }

  long revision() {
    return revision;
  }

  /** Returns how often the whole range was read again, after the first time. */
  long relistCount() {
    return Math.max(0, listCount - 1);
  }

  @Nullable EtcdClient client() {
    return link.client();
  }

  @Override
  public String toString() {
    return range + " " + state;
  }
}
