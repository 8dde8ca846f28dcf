package io.fairlead.balance.internal;

import io.grpc.Attributes;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Asks the other end of a connection whether it is still there. The balancer makes one for each of
 * its connections and puts it into the attributes of the address; the transport finds it there.
 */
public final class LivenessProbe {
  /** Where the transport finds it. */
  public static final Attributes.Key<LivenessProbe> KEY =
      Attributes.Key.create("io.fairlead.balance.internal.LivenessProbe");

  /** Of the transport made last, which is the one in use. Any thread. */
  private volatile @Nullable Consumer<? super Runnable> pinger;

  private final Runnable onHeard;
  private final Runnable onMissed;

  /**
   * @param heard is told of each reply; any thread
   * @param missed is told of each ping without a reply in time; any thread
   */
  LivenessProbe(Runnable heard, Runnable missed) {
    onHeard = heard;
    onMissed = missed;
  }

  /** The other end has replied to a ping of the transport's own. */
  public void heard() {
    onHeard.run();
  }

  /** The other end has not replied in time to a ping of the transport's own. */
  public void missed() {
    onMissed.run();
  }

  /**
   * A transport has been made for the connection.
   *
   * @param newPinger sends a ping, and runs what it is given when the reply comes
   */
  public void attach(Consumer<? super Runnable> newPinger) {
    pinger = newPinger;
  }

  /** Sends a ping, unless the transport is none of ours: then nobody will ever reply. */
  void ping(Runnable onReply) {
    Consumer<? super Runnable> current = pinger;
    if (current != null) {
      current.accept(onReply);
    }
  }
}
