package io.fairlead.registry.etcd;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The registry's link to etcd, over one session at a time. All that uses etcd learns here when it
 * can and when it cannot; only the link makes attempts to reach it. Used on the loop alone.
 */
final class Link {
  private static final Logger LOG = System.getLogger(Link.class.getName());

  /** Hears of the link's changes, on the loop. */
  interface Listener {
    void linkUp(EtcdClient client);

    void linkDown(EtcdException failure);
  }

  private final EventLoop eventLoop;
  private final RandomGenerator random;
  private final Connector connector;
  private final EtcdTimeouts timeouts;
  private final @Nullable Credentials credentials;
  private final String probeKey;
  private final Set<Listener> listeners = new LinkedHashSet<>();
  private int nextEndpoint;
  private @Nullable LinkState state;
  private @Nullable EtcdException lastFailure;
  private final Set<EtcdException.Kind> loggedFailure = EnumSet.noneOf(EtcdException.Kind.class);
  private long sinceNanos;
  private long losses;

  Link(
      EventLoop eventLoop,
      RandomGenerator random,
      Connector connector,
      EtcdTimeouts timeouts,
      @Nullable Credentials credentials,
      String probeKey) {
    this.eventLoop = eventLoop;
    this.random = random;
    this.connector = connector;
    this.timeouts = timeouts;
    this.credentials = credentials;
    this.probeKey = probeKey;
    this.nextEndpoint = random.nextInt(connector.endpoints().size());
  }

  void start() {
    sinceNanos = eventLoop.nanoTime();
    LinkDown first = new LinkDown(this, null, null);
    state = first;
    first.onEnter();
  }

  void add(Listener listener) {
    listeners.add(listener);
  }

  void remove(Listener listener) {
    listeners.remove(listener);
  }

  /** Returns the client of the session that works, if one does. */
  @Nullable EtcdClient client() {
    return state == null ? null : state.client();
  }

  void suspect(Session session, EtcdException failure) {
    if (state != null) {
      state.suspect(session, failure);
    }
  }

  void become(LinkState next) {
    if (state == null) {
      next.close();
      return;
    }
    Duration lasted = Duration.ofNanos(eventLoop.nanoTime() - sinceNanos);
    state = next;
    sinceNanos = eventLoop.nanoTime();
    next.onEnter();
    EtcdClient client = next.client();
    if (client != null) {
      lastFailure = null;
      loggedFailure.clear();
      LOG.log(
          Level.INFO,
          "etcd registry {0}: link up after {1}",
          client.session().endpoint(),
          DurationFormat.format(lasted));
      List.copyOf(listeners).forEach(listener -> listener.linkUp(client));
    } else {
      losses++;
      EtcdException why = lastFailure == null ? unknown() : lastFailure;
      List.copyOf(listeners).forEach(listener -> listener.linkDown(why));
    }
  }

  /** Remembers why the link is down; logs each kind of reason once until it is up again. */
  void recordFailure(EtcdException failure) {
    boolean known = lastFailure != null && lastFailure.kind() == failure.kind();
    lastFailure = failure;
    if (loggedFailure.add(failure.kind())) {
      LOG.log(
          Level.WARNING,
          "etcd registry: link down: {0}; will try again within {1}",
          failure.getMessage(),
          DurationFormat.format(nextBackoff()));
    }
    if (!known && state instanceof LinkDown) {
      List.copyOf(listeners).forEach(listener -> listener.linkDown(failure));
    }
  }

  /** Returns the longest backoff between two attempts, by how the last one failed. */
  Duration nextBackoff() {
    boolean answered = lastFailure != null && lastFailure.kind() != EtcdException.Kind.UNREACHABLE;
    return answered ? timeouts.maxBackoffWhenRejected() : timeouts.maxBackoff();
  }

  EtcdClient open() {
    int endpoint = nextEndpoint;
    nextEndpoint = (endpoint + 1) % connector.endpoints().size();
    String name = connector.endpoints().get(endpoint);
    return clientOf(new Session(name, connector.open(endpoint)));
  }

  EtcdClient clientOf(Session session) {
    return new EtcdClient(eventLoop, session, timeouts.requestTimeout(), this::suspect);
  }

  EtcdException failureOf(Session session, Throwable thrown) {
    Throwable cause =
        thrown instanceof CompletionException e && e.getCause() != null ? e.getCause() : thrown;
    return EtcdException.of(session.endpoint(), "", cause);
  }

  void close() {
    listeners.clear();
    LinkState last = state;
    state = null;
    if (last != null) {
      last.close();
    }
  }

  private EtcdException unknown() {
    return new EtcdException(
        EtcdException.Kind.UNREACHABLE,
        "etcd at " + connector.endpoints() + " was not reached yet");
  }

  int endpoints() {
    return connector.endpoints().size();
  }

  List<String> endpointNames() {
    return connector.endpoints();
  }

  EventLoop eventLoop() {
    return eventLoop;
  }

  RandomGenerator random() {
    return random;
  }

  EtcdTimeouts timeouts() {
    return timeouts;
  }

  @Nullable Credentials credentials() {
    return credentials;
  }

  String probeKey() {
    return probeKey;
  }

  @Nullable EtcdException lastFailure() {
    return lastFailure;
  }

  /** Returns how long it has been up or down. */
  long sinceNanos() {
    return sinceNanos;
  }

  /** Returns how often it went down. */
  long losses() {
    return losses;
  }
}
