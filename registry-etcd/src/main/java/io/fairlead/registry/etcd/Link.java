package io.fairlead.registry.etcd;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
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
  private final ClusterIds clusters;

  /** Sessions that are there to learn which cluster an endpoint is of. */
  private final Set<Session> comparing = new LinkedHashSet<>();

  private final Set<Listener> listeners = new LinkedHashSet<>();

  /** Done once the first attempt to connect has led to anything, or the link is closed. */
  private final CompletableFuture<Void> firstAnswer = new CompletableFuture<>();

  private int nextEndpoint;
  private @Nullable LinkState state;
  private @Nullable EtcdException lastFailure;
  private final Set<EtcdException.Kind> loggedFailure = EnumSet.noneOf(EtcdException.Kind.class);
  private @Nullable EtcdException refusal;
  private @Nullable String loggedConflict;
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
    this.clusters = new ClusterIds(connector.endpoints());
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

  /** Completes once there is a client, or a reason why there is none. */
  CompletableFuture<Void> firstAnswer() {
    return firstAnswer;
  }

  void suspect(Session session, EtcdException failure) {
    if (state != null) {
      state.suspect(session, failure);
    }
  }

  /** Connects again, as the certificates of the connection were replaced. */
  void replaceConnection() {
    if (state != null) {
      state.replaceConnection();
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
          "etcd registry {0}: link up after {1}{2}",
          client.session().endpoint(),
          DurationFormat.format(lasted),
          credentials != null && !client.session().hasToken()
              ? "; its authentication is off, so " + credentials + " is not used"
              : "");
      List.copyOf(listeners).forEach(listener -> listener.linkUp(client));
    } else {
      losses++;
      EtcdException why = downReason();
      List.copyOf(listeners).forEach(listener -> listener.linkDown(why));
    }
    firstAnswer.complete(null);
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
    firstAnswer.complete(null);
  }

  /** etcd answers, but does not take a write: remembered and logged until it takes one. */
  void recordRefusal(EtcdException failure) {
    if (refusal == null || refusal.kind() != failure.kind()) {
      LOG.log(
          Level.WARNING,
          "etcd registry: {0}; will try again within {1}",
          failure.getMessage(),
          DurationFormat.format(timeouts.maxBackoffWhenRejected()));
    }
    refusal = failure;
  }

  /** Who wanted to write does not want it any more. */
  void forgetRefusal() {
    refusal = null;
  }

  void recordWrite() {
    if (refusal != null) {
      refusal = null;
      LOG.log(Level.INFO, "etcd registry: etcd takes writes again");
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
    return open(connector.endpoints().get(endpoint));
  }

  private EtcdClient open(String endpoint) {
    int number = connector.endpoints().indexOf(endpoint);
    return clientOf(new Session(endpoint, connector.open(number)));
  }

  /**
   * Reads what needs a majority: an etcd that answers that can do all that we ask. Also learns
   * which cluster it belongs to.
   */
  CompletableFuture<Void> prove(EtcdClient client) {
    String endpoint = client.session().endpoint();
    CompletableFuture<Void> ready =
        credentials == null
            ? CompletableFuture.completedFuture(null)
            : client
                .authenticate(credentials)
                .thenAccept(
                    answer -> {
                      if (answer != null) {
                        clusters.record(endpoint, answer.getHeader().getClusterId());
                      }
                    });
    return ready
        .thenCompose(done -> client.readFirst(probeKey))
        .thenAccept(digest -> clusters.record(endpoint, digest.cluster()))
        .whenComplete(
            (done, thrown) -> {
              // One that lost against another says nothing of the endpoint.
              if (thrown != null
                  && !client.session().isClosed()
                  && failureOf(client.session(), thrown).isConnectionFailure()) {
                clusters.forget(endpoint);
              }
            });
  }

  /**
   * Asks the endpoints whose cluster is not known, each on a session of its own; then all have
   * answered, or failed.
   */
  CompletableFuture<Void> learnClusters() {
    List<CompletableFuture<Void>> answers = new ArrayList<>();
    for (String endpoint : clusters.unknown()) {
      EtcdClient client = open(endpoint);
      comparing.add(client.session());
      CompletableFuture<Void> answer = new CompletableFuture<>();
      answers.add(answer);
      Futures.whenComplete(
          eventLoop,
          prove(client),
          (done, thrown) -> {
            comparing.remove(client.session());
            client.session().close();
            answer.complete(null);
          });
    }
    return CompletableFuture.allOf(answers.toArray(CompletableFuture<?>[]::new));
  }

  boolean clustersUnknown() {
    return !clusters.unknown().isEmpty();
  }

  /** Why an endpoint is not to be used, if most endpoints are of another cluster. */
  @Nullable EtcdException otherCluster(Session session) {
    String conflict = clusters.conflict();
    if (conflict != null && !conflict.equals(loggedConflict)) {
      LOG.log(Level.WARNING, "etcd registry: {0}", conflict);
    }
    loggedConflict = conflict;
    return clusters.usable(session.endpoint())
        ? null
        : new EtcdException(
            EtcdException.Kind.OTHER_CLUSTER,
            "etcd at " + session.endpoint() + " is not used: " + conflict);
  }

  private EtcdClient clientOf(Session session) {
    return new EtcdClient(eventLoop, session, timeouts.requestTimeout(), this::suspect);
  }

  EtcdException failureOf(Session session, Throwable thrown) {
    Throwable cause =
        thrown instanceof CompletionException e && e.getCause() != null ? e.getCause() : thrown;
    return EtcdException.of(session.endpoint(), "", cause);
  }

  void close() {
    listeners.clear();
    comparing.forEach(Session::close);
    LinkState last = state;
    state = null;
    if (last != null) {
      last.close();
    }
    connector.close();
    firstAnswer.complete(null);
  }

  /** Returns why there is no client. */
  EtcdException downReason() {
    return lastFailure != null
        ? lastFailure
        : new EtcdException(
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

  String probeKey() {
    return probeKey;
  }

  @Nullable EtcdException lastFailure() {
    return lastFailure;
  }

  /**
   * What is wrong although the link is up: writes that are refused, or endpoints of two clusters.
   */
  @Nullable String complaint() {
    return refusal == null ? clusters.conflict() : refusal.getMessage();
  }

  /** Returns how long it has been up or down. */
  long sinceNanos() {
    return sinceNanos;
  }

  /** Returns until when the own certificate is valid; empty without one. */
  Optional<Instant> certificateExpiry() {
    return connector.certificateExpiry();
  }

  /** Returns how often it went down. */
  long losses() {
    return losses;
  }
}
