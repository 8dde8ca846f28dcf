package io.fairlead.internal.tls;

import io.fairlead.internal.LogThrottle;
import io.fairlead.internal.Plural;
import io.fairlead.security.PeerIdentity;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.ssl.SslHandler;
import java.lang.System.Logger.Level;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.stream.Stream;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSessionContext;
import org.jspecify.annotations.Nullable;

/**
 * The open connections of one watch. A handshake verifies a certificate once; here it is looked at
 * for as long as the connection lives.
 *
 * <p>A handshake that resumes a session verifies nothing. Sessions are forgotten when certificates
 * are replaced, but a ticket that the peer keeps cannot be taken back. So at the end of a handshake
 * the peer's certificate must not have ended, and a peer that was verified before the authorities
 * were replaced is verified again.
 *
 * <p>The loops of the connections add and remove them. The thread of the watch looks at them.
 */
final class TlsConnections {
  private static final System.Logger LOG = System.getLogger("io.fairlead.tls");

  /** At the end of its life, a certificate that was replaced has its connections replaced too. */
  private static final Duration LONGEST_RETIREMENT = Duration.ofHours(1);

  /** Decides on the chain of a peer. */
  interface Trust {
    void check(X509Certificate[] chain) throws CertificateException;
  }

  private final String owner;
  private final Trust trust;
  private final Supplier<Instant> clock;
  private final Set<Connection> open = ConcurrentHashMap.newKeySet();
  private final Set<SSLSessionContext> contexts =
      Collections.synchronizedSet(Collections.newSetFromMap(new WeakHashMap<>()));
  private final LogThrottle throttle = new LogThrottle(System::nanoTime);

  /** When the authorities were last replaced. */
  private volatile Instant trustedSince = Instant.MIN;

  /**
   * @param owner for the log
   */
  TlsConnections(String owner, Trust trust, Supplier<Instant> clock) {
    this.owner = owner;
    this.trust = trust;
    this.clock = clock;
  }

  /** Looks after a connection that has not begun its handshake. */
  void add(Channel channel) {
    channel.pipeline().addFirst(new HandshakeFinder());
  }

  /** The authorities were replaced. */
  void trustChanged(Instant at) {
    trustedSince = at;
  }

  /**
   * Closes connections whose peer is not trusted any more, or whose certificate has ended, and lets
   * those go whose own certificate was replaced and soon ends.
   *
   * @param own the certificate that is shown now
   */
  void check(Instant now, @Nullable KeyMaterial own) {
    // Peers may have many connections.
    Map<X509Certificate, Optional<String>> verdicts = new HashMap<>();
    for (Connection each : open) {
      each.check(now, own, verdicts);
    }
  }

  /** Forgets sessions of other certificates than the present one, and of other authorities. */
  void forgetSessions(@Nullable KeyMaterial own) {
    for (SSLSessionContext context : contexts.toArray(SSLSessionContext[]::new)) {
      for (byte[] id : Collections.list(context.getIds())) {
        SSLSession session = context.getSession(id);
        if (session != null && (isOfOldTrust(session) || showsOther(own, localOf(session)))) {
          session.invalidate();
        }
      }
    }
  }

  private boolean isOfOldTrust(SSLSession session) {
    return !Instant.ofEpochMilli(session.getCreationTime()).isAfter(trustedSince);
  }

  private static boolean showsOther(@Nullable KeyMaterial own, @Nullable X509Certificate local) {
    return own != null && local != null && !local.equals(own.own());
  }

  private static @Nullable X509Certificate localOf(SSLSession session) {
    Certificate[] shown = session.getLocalCertificates();
    return shown == null || shown.length == 0 ? null : (X509Certificate) shown[0];
  }

  private static X509Certificate[] peerOf(SSLSession session) {
    try {
      return Stream.of(session.getPeerCertificates())
          .map(X509Certificate.class::cast)
          .toArray(X509Certificate[]::new);
    } catch (SSLPeerUnverifiedException e) {
      // A client that showed none, to a server that asks for none.
      return new X509Certificate[0];
    }
  }

  private Optional<String> verdictOn(X509Certificate[] chain) {
    try {
      trust.check(chain);
      return Optional.empty();
    } catch (CertificateException e) {
      return Optional.of(PeerIdentity.of(chain[0]) + ", " + e.getMessage());
    }
  }

  /** Waits for the handler of TLS, which is put into the pipeline after the connection is made. */
  private final class HandshakeFinder extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      SslHandler tls = ctx.pipeline().get(SslHandler.class);
      if (tls != null) {
        // It is told before the handlers of HTTP/2 are.
        tls.handshakeFuture()
            .addListener(
                done -> {
                  if (done.isSuccess()) {
                    begin(ctx.channel(), tls.engine().getSession());
                  }
                });
        ctx.pipeline().remove(this);
      }
      ctx.fireChannelRead(message);
    }
  }

  private void begin(Channel channel, SSLSession session) {
    SSLSessionContext context = session.getSessionContext();
    if (context != null) {
      contexts.add(context);
    }
    Connection connection = new Connection(channel, session);
    open.add(connection);
    channel.closeFuture().addListener(closed -> open.remove(connection));
    Instant now = clock.get();
    if (now.isAfter(connection.peerExpiry)) {
      connection.cutExpired(now);
    } else if (isOfOldTrust(session)) {
      connection.verify(new HashMap<>());
    }
  }

  /** One connection, from the end of its handshake on. */
  private final class Connection {
    private final Channel channel;
    private final SSLSession session;
    private final X509Certificate[] peer;

    /** Of its own certificate: others of its chain may end, where the path leads around them. */
    private final Instant peerExpiry;

    private final @Nullable X509Certificate local;

    /** For which authorities the peer was verified. */
    private volatile Instant verifiedFor;

    /** Whether it was told to go away; for the thread of the watch. */
    private boolean leaving;

    Connection(Channel channel, SSLSession session) {
      this.channel = channel;
      this.session = session;
      this.peer = peerOf(session);
      this.peerExpiry = peer.length == 0 ? Instant.MAX : peer[0].getNotAfter().toInstant();
      this.local = localOf(session);
      this.verifiedFor = isOfOldTrust(session) ? Instant.MIN : trustedSince;
    }

    void check(
        Instant now, @Nullable KeyMaterial own, Map<X509Certificate, Optional<String>> verdicts) {
      if (now.isAfter(peerExpiry)) {
        ended(now);
      } else if (!verifiedFor.equals(trustedSince)) {
        verify(verdicts);
      } else if (showsOther(own, local) && isEnding(now)) {
        letGo();
      }
    }

    /** Verifies the peer again, and cuts the connection if it is not trusted any more. */
    void verify(Map<X509Certificate, Optional<String>> verdicts) {
      verifiedFor = trustedSince;
      if (peer.length > 0) {
        verdicts
            .computeIfAbsent(peer[0], leaf -> verdictOn(peer))
            .ifPresent(why -> cut("is not trusted any more: " + why));
      }
    }

    /** The peer's certificate has ended: calls under way get one interval to end. */
    private void ended(Instant now) {
      if (leaving) {
        cutExpired(now);
      } else {
        letGo();
      }
    }

    private void cutExpired(Instant now) {
      cut("has ended: " + KeyMaterial.describe(peer[0], now));
    }

    private boolean isEnding(Instant now) {
      if (local == null) {
        return false;
      }
      Instant end = local.getNotAfter().toInstant();
      Duration tenth = Duration.between(local.getNotBefore().toInstant(), end).dividedBy(10);
      Duration ahead = tenth.compareTo(LONGEST_RETIREMENT) < 0 ? tenth : LONGEST_RETIREMENT;
      return now.isAfter(end.minus(ahead));
    }

    /** Sends GOAWAY; the connection closes when its calls have ended. */
    private void letGo() {
      if (!leaving) {
        leaving = true;
        session.invalidate();
        var unused = channel.close();
      }
    }

    private void cut(String why) {
      session.invalidate();
      long others = throttle.admit();
      if (others >= 0) {
        LOG.log(
            Level.WARNING,
            "{0} closes the connection with {1}, whose certificate {2}{3}",
            owner,
            channel.remoteAddress(),
            why,
            others == 0 ? "" : "; so it did with " + Plural.of(others, "other") + " before it");
      }
      // Past the handlers of HTTP/2, which would wait for the calls.
      ChannelHandlerContext first = channel.pipeline().firstContext();
      var unused = first == null ? channel.close() : first.close();
    }
  }
}
