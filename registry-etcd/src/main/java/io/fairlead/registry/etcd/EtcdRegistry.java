package io.fairlead.registry.etcd;

import io.fairlead.discovery.Address;
import io.fairlead.discovery.Endpoint;
import io.fairlead.discovery.Registration;
import io.fairlead.discovery.Registry;
import io.fairlead.discovery.Resolution;
import io.fairlead.discovery.Watch;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * A registry on etcd that heals itself: what is registered comes back after every loss, and what is
 * watched is never thrown away because etcd is silent.
 *
 * <p>Safe for use by many threads. Observers run on the registry's one thread and must not block.
 * Whoever opened it closes it.
 */
public final class EtcdRegistry implements Registry {
  private final EventLoop eventLoop;
  private final Link link;
  private final LeaseKeeper keeper;
  private final EndpointCodec codec;
  private final InstantSource clock;
  private final SnapshotStore store;
  private final Map<String, ServiceWatch> watches = new TreeMap<>();
  private final LocalKeyOwners localKeyOwners = new LocalKeyOwners();

  /** By id. */
  private final Map<String, EtcdPolicySource> policySources = new ConcurrentHashMap<>();

  private final boolean spansHosts;
  private final AtomicBoolean closing = new AtomicBoolean();
  private final CompletableFuture<Void> closed = new CompletableFuture<>();

  EtcdRegistry(
      EventLoop eventLoop,
      Link link,
      EndpointCodec codec,
      InstantSource clock,
      SnapshotStore store,
      boolean spansHosts) {
    this.eventLoop = eventLoop;
    this.link = link;
    this.codec = codec;
    this.clock = clock;
    this.store = store;
    this.spansHosts = spansHosts;
    this.keeper = new LeaseKeeper(link);
    eventLoop.execute(link::start);
  }

  /**
   * Opens a registry on the cluster with these endpoints, like {@code "http://10.0.0.1:2379"} or
   * {@code "https://etcd.example:2379"}. Returns at once, reachable or not.
   */
  public static EtcdRegistry connect(String... endpoints) {
    return builder().endpoints(endpoints).connect();
  }

  public static EtcdRegistryBuilder builder() {
    return new EtcdRegistryBuilder();
  }

  /**
   * Starts to describe the registry of a target such as {@code etcd://10.0.0.1:2379?tls=true}, to
   * which a password or certificates can be added.
   *
   * @throws IllegalArgumentException if the target is not of this form; the message says why
   */
  public static EtcdRegistryBuilder builder(URI target) {
    return EtcdRegistryProvider.describe(target);
  }

  @Override
  public Registration register(String service, Endpoint endpoint) {
    return register(service, endpoint, LeasedKey.Mode.LAST_WRITER_WINS);
  }

  /**
   * Announces an endpoint under a name, its id, that at most one process holds at a time, and waits
   * in line for it as long as another one does.
   */
  public ExclusiveRegistration registerExclusively(String service, Endpoint endpoint) {
    refuseIfAddressIsKey(ServiceName.checked(service), endpoint.id());
    return register(service, endpoint, LeasedKey.Mode.EXCLUSIVE);
  }

  /**
   * Takes part in the election of a leader: runs the worker whenever this process is the one.
   *
   * @param name of the work; the leader is found as the endpoint of the service with this name
   * @param address where this process is reached, for others to see
   */
  public LeaderElection elect(String name, Address address, SingletonWorker worker) {
    refuseIfClosed();
    refuseIfAddressIsKey(ServiceName.checked(name), LeaderElection.ID);
    return LeaderElection.start(this, link, name, address, worker);
  }

  private void refuseIfAddressIsKey(String service, String id) {
    String here = codec.key(service, Endpoint.of(id, "192.0.2.1", 1));
    if (!here.equals(codec.key(service, Endpoint.of(id, "192.0.2.2", 1)))) {
      throw new IllegalArgumentException(
          "service "
              + service
              + ": the layout KITEX has the address in the key, so a name cannot be held"
              + " exclusively; use another layout for it");
    }
  }

  private EtcdRegistration register(String service, Endpoint endpoint, LeasedKey.Mode mode) {
    refuseIfClosed();
    EtcdRegistration registration =
        new EtcdRegistration(
            ServiceName.checked(service),
            endpoint,
            codec,
            keeper,
            clock,
            mode,
            localKeyOwners::remove);
    eventLoop.execute(() -> localKeyOwners.add(registration));
    return registration;
  }

  @Override
  public Watch watch(String service, Consumer<? super Resolution> observer) {
    refuseIfClosed();
    Objects.requireNonNull(observer, "observer");
    String name = ServiceName.checked(service);
    Subscriber<Resolution> subscriber =
        new Subscriber<>(observer, gone -> eventLoop.execute(() -> unsubscribe(name, gone)));
    eventLoop.execute(() -> subscribe(name, subscriber));
    return subscriber;
  }

  private void subscribe(String service, Subscriber<Resolution> subscriber) {
    ServiceWatch watch = watches.get(service);
    if (watch != null) {
      watch.add(subscriber);
      return;
    }
    ServiceWatch opened = new ServiceWatch(service, link, codec, clock, store);
    watches.put(service, opened);
    opened.add(subscriber);
    opened.start();
  }

  private void unsubscribe(String service, Subscriber<Resolution> subscriber) {
    ServiceWatch watch = watches.get(service);
    if (watch != null && watch.remove(subscriber)) {
      watches.remove(service);
      watch.close();
    }
  }

  /**
   * Returns false if etcd was reached by loopback addresses alone: all its readers are on this
   * host.
   */
  @Override
  public boolean spansHosts() {
    return spansHosts;
  }

  @Override
  public CompletionStage<List<String>> services() {
    refuseIfClosed();
    CompletableFuture<List<String>> found = new CompletableFuture<>();
    eventLoop.execute(() -> new ServiceScan(link, codec, found).start());
    return found;
  }

  /**
   * Takes a part of a number that all processes share, such as the calls that a tenant may make in
   * a minute. More than the limit is never given out. A {@code SharedQuota} of {@code
   * fairlead-security-policy} takes this as its store: {@code registry::take}.
   *
   * @param counter the name of the count, whatever text
   * @param amount what is wanted, at least 1
   * @param limit what all processes may take together
   * @param keep how long the count is kept after it was first asked for, in whole seconds
   * @return what was taken: less than the amount if the limit is reached, 0 if it was before. Fails
   *     while etcd cannot be reached
   */
  public CompletionStage<Long> take(String counter, long amount, long limit, Duration keep) {
    refuseIfClosed();
    if (amount < 1 || keep.compareTo(Duration.ofSeconds(1)) < 0) {
      throw new IllegalArgumentException(
          "take was asked for " + amount + " for " + keep + "; use 1 or more, and 1s or longer");
    }
    // No service has such a key: there is no slash behind it.
    String key = codec.root() + "fairlead-quota:" + counter.replace("%", "%25").replace("/", "%2F");
    CompletableFuture<Long> taken = new CompletableFuture<>();
    eventLoop.execute(() -> new SharedCount(link, key, amount, limit, keep, taken).start());
    return taken;
  }

  /** Returns what changes and shows the live policies in etcd. */
  public EtcdPolicies policies() {
    refuseIfClosed();
    return new EtcdPolicies(link, new PolicyKeys(codec.root()), clock);
  }

  /**
   * Starts to describe a source of the live policies in etcd, for the channels of this process.
   *
   * @param id of this process, by which it reports what it applies; rules for a share of the
   *     processes choose by it, so it should stay the same when the process starts again
   */
  public EtcdPolicySource.Builder policySource(String id) {
    return new EtcdPolicySource.Builder(id, this::open);
  }

  private EtcdPolicySource open(EtcdPolicySource.Builder described) {
    refuseIfClosed();
    EtcdPolicySource source =
        new EtcdPolicySource(
            described,
            link,
            keeper,
            new PolicyKeys(codec.root()),
            clock,
            closed -> policySources.remove(closed.id()));
    if (policySources.putIfAbsent(source.id(), source) != null) {
      throw new IllegalStateException(
          "a policy source with the id \"" + source.id() + "\" is open already; share it");
    }
    eventLoop.execute(source::start);
    return source;
  }

  /** Returns the present state. Waits for the registry's thread, so do not call it there. */
  public RegistryHealth health() {
    refuseIfClosed();
    CompletableFuture<RegistryHealth> answer = new CompletableFuture<>();
    eventLoop.execute(() -> answer.complete(healthNow()));
    return answer.join();
  }

  private RegistryHealth healthNow() {
    EtcdClient client = link.client();
    EtcdException failure = link.lastFailure();
    GrantedLease lease = keeper.lease();
    long now = eventLoop.nanoTime();
    return RegistryHealth.builder()
        .linked(client != null)
        .endpoint(client == null ? null : client.session().endpoint())
        .linkAge(Duration.ofNanos(now - link.sinceNanos()))
        .lastError(failure == null ? link.complaint() : failure.getMessage())
        .linkLosses(link.losses())
        .leaseRemaining(lease == null ? null : Duration.ofNanos(lease.remainingNanos(now)))
        .leaseLosses(keeper.losses())
        .certificateLeft(
            link.certificateExpiry()
                .map(expiry -> Duration.between(clock.instant(), expiry))
                .orElse(null))
        .registrations(
            localKeyOwners.all().stream()
                .map(
                    one -> new RegistrationHealth(one.service(), one.endpoint().id(), one.status()))
                .toList())
        .watches(watches.values().stream().map(ServiceWatch::health).toList())
        .build();
  }

  boolean closing() {
    return closing.get();
  }

  private void refuseIfClosed() {
    if (closing.get()) {
      throw new IllegalStateException(this + " is closed");
    }
  }

  @Override
  public void close() {
    List<EtcdPolicySource> sources = List.copyOf(policySources.values());
    if (closing.compareAndSet(false, true)) {
      eventLoop.execute(this::closeNow);
    }
    BlockingWait.await(closed, eventLoop);
    sources.forEach(EtcdPolicySource::closeFile);
  }

  private void closeNow() {
    List.copyOf(watches.values()).forEach(ServiceWatch::close);
    watches.clear();
    List<CompletableFuture<?>> leaving = new ArrayList<>();
    localKeyOwners.all().forEach(each -> leaving.add(each.leave()));
    List.copyOf(policySources.values()).forEach(each -> leaving.add(each.leave()));
    Futures.whenComplete(
        eventLoop,
        CompletableFuture.allOf(leaving.toArray(CompletableFuture<?>[]::new)),
        (done, thrown) -> {
          keeper.close();
          link.close();
          store.close();
          eventLoop.close();
          closed.complete(null);
        });
  }

  @Override
  public String toString() {
    return "etcd registry "
        + String.join(", ", link.endpointNames())
        + ", keys "
        + codec.root()
        + "<service>/<id>";
  }
}
