package io.fairlead.registry.etcd;

import io.etcd.jetcd.api.ResponseHeader;
import org.jspecify.annotations.Nullable;

/**
 * Follows the content of a range through every fault: reads the range at a revision, watches from
 * the next one, and on any doubt reads again. Used on the loop alone.
 */
final class Follower implements Link.Listener {
  /** How much of a new store's past is asked for: who left lately. It may be a long one. */
  private static final long PAST = 10_000;

  private final Link link;
  private final KeyRange range;
  private final Following following;
  private final Backoff backoff;
  private FollowerState state;
  private long cluster;
  private long revision;

  /**
   * Every change up to here was told; -1 before the first list. A list is no telling: it has lost
   * who said good-bye.
   */
  private long told = -1;

  private long lists;

  Follower(Link link, KeyRange range, Following following) {
    this.link = link;
    this.range = range;
    this.following = following;
    this.backoff = new Backoff(FollowerWaiting.FIRST_PAUSE, link.random());
    this.state = new FollowerUnlinked(this);
  }

  void start() {
    link.add(this);
    Requests requests = link.requests();
    if (requests != null) {
      become(new FollowerListing(this, requests));
    }
  }

  @Override
  public void linkUp(Requests requests) {
    state.linkUp(requests);
  }

  @Override
  public void linkDown(Trouble trouble) {
    state.linkDown(trouble);
    following.silent(trouble);
  }

  void close() {
    link.remove(this);
    state.leave();
    state = new FollowerUnlinked(this);
  }

  void become(FollowerState next) {
    state.leave();
    state = next;
    next.enter();
  }

  /** Reads again after a pause, or when the link is up again. */
  void again(Trouble trouble) {
    following.silent(trouble);
    become(
        link.requests() == null
            ? new FollowerUnlinked(this)
            : FollowerWaiting.after(this, trouble, backoff));
  }

  /** Whether etcd's revision went back, or its identity changed, since the last header. */
  boolean replacedBy(long headerCluster, long headerRevision) {
    return revision != 0 && (headerRevision < revision || headerCluster != cluster);
  }

  boolean replacedBy(ResponseHeader header) {
    return replacedBy(header.getClusterId(), header.getRevision());
  }

  /** Returns the revision from which changes are of interest: those before the list tell why. */
  long listed(Listing listing) {
    boolean wentBack = replacedBy(listing.cluster(), listing.revision());
    lists++;
    cluster = listing.cluster();
    revision = listing.revision();
    if (following.listed(listing, wentBack)) {
      told = Math.max(0, revision - PAST);
    } else if (told < 0) {
      told = revision;
    }
    return told + 1;
  }

  /** The last process like this one had heard so much; etcd may be another store since. */
  void toldUpTo(long remembered) {
    told = Math.max(0, Math.max(revision - PAST, remembered <= revision ? remembered : 0));
  }

  /** A header of the watch; more may be to come of what happened before it. */
  void reached(long newRevision) {
    revision = newRevision;
  }

  void told(long upTo) {
    told = Math.max(told, upTo);
  }

  Link link() {
    return link;
  }

  KeyRange range() {
    return range;
  }

  Following following() {
    return following;
  }

  Backoff backoff() {
    return backoff;
  }

  /** Whether a list was ever had: who has none is waited for. */
  boolean hasList() {
    return lists > 0;
  }

  long revision() {
    return revision;
  }

  /** How often the whole range was read again, after the first time. */
  long relists() {
    return Math.max(0, lists - 1);
  }

  @Nullable Requests requests() {
    return link.requests();
  }

  @Override
  public String toString() {
    return range + " " + state;
  }
}
