package io.fairlead.balance.internal;

import io.grpc.Attributes;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Between a connection of the balancer and its transport: asks the other end whether it is still
 * there, and reports what keep-alive has found. The balancer makes one for each of its connections
 * and puts it into the attributes of the address; the transport finds it there.
 */
public final class LivenessProbe {
  /** Where the transport finds it. */
  public static final Attributes.Key<LivenessProbe> KEY =
      Attributes.Key.create("io.fairlead.balance.internal.LivenessProbe");

  /** The connection; told by any thread. */
  interface Listener {
    /** A keep-alive ping got no reply within this time. */
    void keepAliveMissed(Duration timeout);

    /** The other end has replied to a ping. */
    void replyReceived();
  }

  private final Listener listener;

  /** Of the transport made last, which is the one in use. Any thread. */
  private volatile @Nullable Consumer<? super Runnable> pinger;

  LivenessProbe(Listener listener) {
    this.listener = listener;
  }

  /**
   * A transport has been made for the connection.
   *
   * @param newPinger sends a ping, and runs what it is given when the reply comes
   */
  public void attach(Consumer<? super Runnable> newPinger) {
    pinger = newPinger;
  }

  /** A keep-alive ping got no reply; called again after each further timeout without one. */
  public void noReply(Duration timeout) {
    listener.keepAliveMissed(timeout);
  }

  /** The reply to a keep-alive ping has come, in time or late. */
  public void replied() {
    listener.replyReceived();
  }

  /** Sends a ping, unless the transport is none of ours: then nobody will ever reply. */
  void ping() {
    Consumer<? super Runnable> current = pinger;
    if (current != null) {
      Runnable onReply = this::replied;
      current.accept(onReply);
    }
  }
}
