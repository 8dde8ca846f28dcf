package io.fairlead.internal.tls;

import io.fairlead.security.TlsFiles;
import io.grpc.ChannelCredentials;
import io.grpc.ServerCredentials;
import io.grpc.TlsChannelCredentials;
import io.grpc.TlsServerCredentials;
import io.netty.channel.Channel;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads TLS files at an interval, and gives handshakes the last ones that fit together. One for
 * each server, channel and link to a registry; its owner closes it.
 *
 * <p>The contents are compared, not times: a renewed certificate with its old key is seen, and so
 * is the swap of a symbolic link by Kubernetes. Files are written one after the other and piece by
 * piece, and a bundle of authorities that lacks its end is a valid shorter one. So contents are
 * taken when two checks in a row read the same, and a fault is reported when a second check in a
 * row finds one.
 *
 * <p>Its thread, {@code fairlead-tls-…}, reads and checks; handshakes read from any thread. {@link
 * #check} must not run twice at once.
 */
public final class TlsWatch implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger("io.fairlead.tls");
  private static final Duration REPORT_AGAIN = Duration.ofHours(1);
  private static final Duration WARN_AGAIN = Duration.ofDays(1);

  /** A write that is shorter than the interval is seen by two checks at most, half and whole. */
  private static final int CHECKS_WITH_CHANGES = 3;

  /** What the JDK calls the key exchange of TLS 1.3, where it depends on no certificate. */
  private static final String ANY_EXCHANGE = "UNKNOWN";

  private final TlsFiles files;
  private final String owner;
  private final Supplier<Instant> clock;
  private final @Nullable ReloadingKeyManager keys;
  private final ReloadingTrustManager trust;
  private final TlsConnections connections;
  private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
  private final Thread thread;

  private FileContents taken;

  /** Checks in which sessions are still to be forgotten: a handshake may end after a reload. */
  private int checksThatForget;

  /** What the last check read; null if it could not. */
  private @Nullable FileContents seen;

  /** Checks in a row after which the files held something else than what is used. */
  private int checksBehind;

  /** The last report; null since the files are used as they are. */
  private @Nullable Failure reported;

  /** When the same may be reported again. */
  private Instant nextReport = Instant.MIN;

  private Instant nextWarning = Instant.MIN;

  private volatile boolean closed;

  private TlsWatch(
      TlsFiles files, String owner, boolean server, Duration interval, Supplier<Instant> clock) {
    this.files = files;
    this.owner = owner;
    this.clock = clock;
    this.taken = readAtStart(files);
    KeyMaterial own = taken.keyMaterial(clock.get());
    this.keys = own == null ? null : new ReloadingKeyManager(own);
    this.trust = new ReloadingTrustManager(owner, taken.trust(), files.serverIds());
    this.connections =
        new TlsConnections(
            owner,
            server
                ? chain -> trust.checkClientTrusted(chain, ANY_EXCHANGE)
                : chain -> trust.checkServerTrusted(chain, ANY_EXCHANGE),
            clock);
    this.thread = new Thread(() -> run(interval), "fairlead-tls-" + owner.replace(' ', '-'));
    thread.setDaemon(true);
  }

  /**
   * Reads again while they are replaced between two reads: a certificate and the key of the next
   * one would stop the owner from starting.
   */
  private static FileContents readAtStart(TlsFiles files) {
    FileContents read = FileContents.read(files);
    for (int i = 0; i < CHECKS_WITH_CHANGES; i++) {
      FileContents before = read;
      read = FileContents.read(files);
      if (read.equals(before)) {
        break;
      }
    }
    return read;
  }

  /**
   * Reads the files for a server, and watches them.
   *
   * @throws IllegalStateException if they cannot be used; the message names the way out
   */
  public static TlsWatch ofServer(TlsFiles files, String owner) {
    if (files.certificateChain().isEmpty()) {
      throw new IllegalStateException(
          owner
              + " cannot serve with "
              + files
              + ", which have no certificate; add certificate(chain, key)");
    }
    return started(open(files, owner, true, Instant::now));
  }

  /**
   * Reads the files for a client, and watches them.
   *
   * @throws IllegalStateException if they cannot be used; the message names the way out
   */
  public static TlsWatch ofClient(TlsFiles files, String owner) {
    return started(open(files, owner, false, Instant::now));
  }

  /** For tests: checks when it is told to. */
  static TlsWatch open(TlsFiles files, String owner, boolean server, Supplier<Instant> clock) {
    TlsWatch watch = new TlsWatch(files, owner, server, files.checkInterval(), clock);
    watch.warnBeforeExpiry(clock.get());
    return watch;
  }

  private static TlsWatch started(TlsWatch watch) {
    watch.thread.start();
    return watch;
  }

  /** Returns what a server's transport takes. */
  public ServerCredentials serverCredentials() {
    TlsServerCredentials.Builder credentials =
        TlsServerCredentials.newBuilder().keyManager(Objects.requireNonNull(keys));
    if (files.trust().isPresent()) {
      credentials.trustManager(trust).clientAuth(TlsServerCredentials.ClientAuth.REQUIRE);
    }
    return credentials.build();
  }

  /** Returns what a channel's transport takes. */
  public ChannelCredentials channelCredentials() {
    TlsChannelCredentials.Builder credentials =
        TlsChannelCredentials.newBuilder().trustManager(trust);
    if (keys != null) {
      credentials.keyManager(keys);
    }
    return credentials.build();
  }

  /** Looks after a connection until it closes, and returns it. */
  public <C extends Channel> C watch(C connection) {
    connections.add(connection);
    return connection;
  }

  /** Runs the listener, on the thread of the watch, when new files were taken. */
  public void onReload(Runnable listener) {
    listeners.add(listener);
  }

  /** Returns until when the own certificate is valid; empty for a client without one. */
  public Optional<Instant> expiry() {
    return keys == null ? Optional.empty() : Optional.of(keys.current().expiry());
  }

  /**
   * Returns whether the own certificate is valid now.
   *
   * @throws IllegalStateException if it is not; the message says since when
   */
  public boolean ready() {
    Instant now = clock.get();
    if (keys != null && now.isAfter(keys.current().expiry())) {
      throw new IllegalStateException(
          "the " + keys.current().describe(now) + ": every client refuses it; renew " + files);
    }
    return true;
  }

  private void run(Duration interval) {
    while (!closed) {
      try {
        Thread.sleep(interval.toMillis());
        check();
      } catch (InterruptedException e) {
        return;
      } catch (Throwable e) {
        // A fault of a listener or of a JDK's provider must not end the watch; errors too.
        LOG.log(Level.WARNING, owner + ": a check of " + files + " failed", e);
      }
    }
  }

  /** Reads the files, takes them if they are new and fit, and looks at the connections. */
  void check() {
    Instant now = clock.get();
    boolean reloaded = reload(now);
    warnBeforeExpiry(now);
    KeyMaterial own = keys == null ? null : keys.current();
    if (reloaded) {
      checksThatForget = 2;
    }
    if (checksThatForget > 0) {
      checksThatForget--;
      connections.forgetSessions(own);
    }
    connections.check(now, own);
    if (reloaded) {
      listeners.forEach(Runnable::run);
    }
  }

  private boolean reload(Instant now) {
    FileContents before = seen;
    FileContents read = null;
    checksBehind++;
    try {
      read = FileContents.read(files);
      boolean isNew = !read.equals(taken);
      if (isNew && !read.equals(before)) {
        refuseSteadyChange();
        return false;
      }
      if (isNew) {
        take(read, now);
      }
      checksBehind = 0;
      reported = null;
      return isNew;
    } catch (UnusableTlsFilesException e) {
      if (checksBehind > 1) {
        report(new Failure(read, String.valueOf(e.getMessage())), now);
      }
      return false;
    } finally {
      seen = read;
    }
  }

  private void refuseSteadyChange() {
    if (checksBehind >= CHECKS_WITH_CHANGES) {
      throw new UnusableTlsFilesException(
          files
              + " change all the time; they are taken when two checks in a row read the same. Write"
              + " them once, or set a shorter checkInterval(...)",
          null);
    }
  }

  /** Takes all or nothing: what does not fit is found before anything is replaced. */
  private void take(FileContents next, Instant now) {
    KeyMaterial material = next.sameKey(taken) ? null : next.keyMaterial(now);
    Authorities newTrust = Objects.equals(next.trust(), taken.trust()) ? null : next.trust();
    if (newTrust != null) {
      trust.replace(newTrust);
      // After they are used: what begins later is verified by them.
      connections.trustChanged(clock.get());
    }
    if (material != null && keys != null) {
      keys.replace(material);
      nextWarning = Instant.MIN;
    }
    taken = next;
    LOG.log(
        Level.INFO,
        "{0} took {1}{2}{3}",
        owner,
        material == null ? "" : "the " + material.describe(now),
        material != null && newTrust != null ? ", and " : "",
        newTrust == null ? "" : "the authorities in " + newTrust.describe());
  }

  /** One line for each fault, and again after an hour. */
  private void report(Failure found, Instant now) {
    if (reported != null && found.isSameAs(reported) && now.isBefore(nextReport)) {
      return;
    }
    reported = found;
    nextReport = now.plus(REPORT_AGAIN);
    LOG.log(
        Level.WARNING,
        "{0} keeps {1}: {2}",
        owner,
        keys == null ? "the authorities that it has" : "the " + keys.current().describe(now),
        found.why);
  }

  private void warnBeforeExpiry(Instant now) {
    if (keys == null || now.isBefore(nextWarning)) {
      return;
    }
    KeyMaterial material = keys.current();
    if (now.isAfter(material.expiry().minus(material.notice()))) {
      nextWarning = now.plus(WARN_AGAIN);
      LOG.log(
          Level.WARNING,
          "{0} has a {1}: renew {2}; it is taken without a restart",
          owner,
          material.describe(now),
          files.certificateChain().map(Path::toString).orElse(""));
    }
  }

  /** Ends the thread. Connections stay; nobody looks after them. */
  @Override
  public void close() {
    closed = true;
    thread.interrupt();
  }

  /**
   * Files that were not taken.
   *
   * @param contents null if they could not be read
   */
  private record Failure(@Nullable FileContents contents, String why) {
    /** The reason may contain the time, so what was read is compared too. */
    boolean isSameAs(Failure other) {
      return why.equals(other.why) || (contents != null && contents.equals(other.contents));
    }
  }
}
