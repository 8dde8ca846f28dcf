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
    void linkUp(Requests requests);

    void linkDown(Trouble trouble);
  }

  private final Loop loop;
  private final RandomGenerator random;
  private final Connector connector;
  private final Timing timing;
  private final @Nullable Credentials credentials;
  private final String probeKey;
  private final Set<Listener> listeners = new LinkedHashSet<>();
  private int nextEndpoint;
  private @Nullable LinkState state;
  private @Nullable Trouble lastTrouble;
  private final Set<Trouble.Kind> said = EnumSet.noneOf(Trouble.Kind.class);
  private long sinceNanos;
  private long losses;

  Link(
      Loop loop,
      RandomGenerator random,
      Connector connector,
      Timing timing,
      @Nullable Credentials credentials,
      String probeKey) {
    this.loop = loop;
    this.random = random;
    this.connector = connector;
    this.timing = timing;
    this.credentials = credentials;
    this.probeKey = probeKey;
    this.nextEndpoint = random.nextInt(connector.endpoints().size());
  }

  void start() {
    sinceNanos = loop.nanoTime();
    LinkDown first = new LinkDown(this, null, null);
    state = first;
    first.enter();
  }

  void add(Listener listener) {
    listeners.add(listener);
  }

  void remove(Listener listener) {
    listeners.remove(listener);
  }

  /** The requests of the session that works, if one does. */
  @Nullable Requests requests() {
    return state == null ? null : state.requests();
  }

  void doubt(Session session, Trouble trouble) {
    if (state != null) {
      state.doubt(session, trouble);
    }
  }

  void become(LinkState next) {
    if (state == null) {
      next.close();
      return;
    }
    long held = Duration.ofNanos(loop.nanoTime() - sinceNanos).toMillis();
    state = next;
    sinceNanos = loop.nanoTime();
    next.enter();
    Requests requests = next.requests();
    if (requests != null) {
      lastTrouble = null;
      said.clear();
      LOG.log(
          Level.INFO,
          "etcd registry {0}: link up after {1} ms",
          requests.session().endpoint(),
          held);
      List.copyOf(listeners).forEach(listener -> listener.linkUp(requests));
    } else {
      losses++;
      Trouble why = lastTrouble == null ? unknown() : lastTrouble;
      List.copyOf(listeners).forEach(listener -> listener.linkDown(why));
    }
  }

  /** Remembers why the link is down; logs each kind of reason once until it is up again. */
  void troubled(Trouble trouble) {
    boolean known = lastTrouble != null && lastTrouble.kind() == trouble.kind();
    lastTrouble = trouble;
    if (said.add(trouble.kind())) {
      LOG.log(
          Level.WARNING,
          "etcd registry: link down: {0}; will try again within {1}",
          trouble.getMessage(),
          Spans.text(pace()));
    }
    if (!known && state instanceof LinkDown) {
      List.copyOf(listeners).forEach(listener -> listener.linkDown(trouble));
    }
  }

  /** The longest pause between two attempts, by what the last one met. */
  Duration pace() {
    boolean answered = lastTrouble != null && lastTrouble.kind() != Trouble.Kind.UNREACHABLE;
    return answered ? timing.refused() : timing.retry();
  }

  Requests open() {
    int endpoint = nextEndpoint;
    nextEndpoint = (endpoint + 1) % connector.endpoints().size();
    String name = connector.endpoints().get(endpoint);
    return requestsOf(new Session(name, connector.open(endpoint)));
  }

  Requests requestsOf(Session session) {
    return new Requests(loop, session, timing.request(), this::doubt);
  }

  Trouble troubleOf(Session session, Throwable thrown) {
    Throwable cause =
        thrown instanceof CompletionException e && e.getCause() != null ? e.getCause() : thrown;
    return Trouble.of(session.endpoint(), "", cause);
  }

  void close() {
    listeners.clear();
    LinkState last = state;
    state = null;
    if (last != null) {
      last.close();
    }
  }

  private Trouble unknown() {
    return new Trouble(
        Trouble.Kind.UNREACHABLE, "etcd at " + connector.endpoints() + " was not reached yet");
  }

  int endpoints() {
    return connector.endpoints().size();
  }

  List<String> endpointNames() {
    return connector.endpoints();
  }

  Loop loop() {
    return loop;
  }

  RandomGenerator random() {
    return random;
  }

  Timing timing() {
    return timing;
  }

  @Nullable Credentials credentials() {
    return credentials;
  }

  String probeKey() {
    return probeKey;
  }

  @Nullable Trouble lastTrouble() {
    return lastTrouble;
  }

  /** How long it has been up or down. */
  long sinceNanos() {
    return sinceNanos;
  }

  /** How often it went down. */
  long losses() {
    return losses;
  }
}
