package io.fairlead.registry.etcd;

import io.fairlead.internal.tls.TlsWatch;
import io.fairlead.security.TlsFiles;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** The settings of a registry on etcd. Not for use by several threads at once. */
public final class EtcdRegistryBuilder {
  private List<EtcdEndpoint> endpoints = List.of();
  private EtcdTimeouts timeouts = EtcdTimeouts.DEFAULT;
  private KeyLayout keyLayout = KeyLayout.ETCD_NAMING;
  private String namespace = "";
  private Duration snapshotAge = Duration.ofHours(24);
  private InstantSource clock = InstantSource.system();
  private RandomGenerator random = new SplittableRandom();
  private @Nullable Credentials credentials;
  private @Nullable TlsFiles tlsFiles;
  private @Nullable String serverName;
  private @Nullable Path snapshots;
  private @Nullable EventLoop eventLoop;
  private @Nullable Connector connector;

  EtcdRegistryBuilder() {}

  /**
   * Sets the members of one cluster, like {@code "http://10.0.0.1:2379"}; all with {@code https},
   * or none.
   */
  public EtcdRegistryBuilder endpoints(String... texts) {
    endpoints = Arrays.stream(texts).map(EtcdEndpoint::parse).toList();
    return this;
  }

  /** Sets the user and the password, for an etcd with authentication. */
  public EtcdRegistryBuilder user(String user, String password) {
    credentials = new Credentials(user, password);
    return this;
  }

  /**
   * Sets the authorities that etcd's certificate is checked against, and the own certificate for
   * mutual TLS. Without it the authorities of the JDK are trusted. The files are read again while
   * the registry is open; new ones are used at once, on a new connection.
   */
  public EtcdRegistryBuilder tls(TlsFiles files) {
    tlsFiles = Objects.requireNonNull(files, "files");
    return this;
  }

  /** Sets the name that etcd's certificate must carry, if it is not the host of the endpoint. */
  public EtcdRegistryBuilder serverName(String name) {
    serverName = Objects.requireNonNull(name, "name");
    return this;
  }

  /** Sets the prefix of every key, for several systems on one etcd, such as {@code "team-a/"}. */
  public EtcdRegistryBuilder namespace(String prefix) {
    namespace = Objects.requireNonNull(prefix, "prefix");
    return this;
  }

  /** Sets how entries are laid out; etcd's own naming format if not set. */
  public EtcdRegistryBuilder layout(KeyLayout value) {
    keyLayout = Objects.requireNonNull(value, "layout");
    return this;
  }

  /** Sets after how long etcd forgets a process that died; 15s if not set. */
  public EtcdRegistryBuilder ttl(Duration value) {
    timeouts = timeouts.withTtl(value);
    return this;
  }

  /**
   * Sets for how long self-preservation keeps endpoints when most of them disappear at once without
   * deregistering; 30s if not set.
   */
  public EtcdRegistryBuilder grace(Duration value) {
    timeouts = timeouts.withSelfPreservationGrace(value);
    return this;
  }

  /** Sets after how long a request without a response has failed; 5s if not set. */
  public EtcdRegistryBuilder requestTimeout(Duration value) {
    timeouts = timeouts.withRequestTimeout(value);
    return this;
  }

  /** Saves the last known lists in this directory, for a start while etcd is down. */
  public EtcdRegistryBuilder snapshots(Path directory) {
    snapshots = Objects.requireNonNull(directory, "directory");
    return this;
  }

  /** Sets how old a saved list may be and still be used; 24h if not set. */
  public EtcdRegistryBuilder snapshotAge(Duration value) {
    if (value.isNegative() || value.isZero()) {
      throw new IllegalArgumentException(
          "etcd registry snapshot age " + DurationFormat.format(value) + " is not positive");
    }
    snapshotAge = value;
    return this;
  }

  EtcdRegistryBuilder timeouts(EtcdTimeouts value) {
    timeouts = value;
    return this;
  }

  EtcdRegistryBuilder eventLoop(EventLoop value) {
    eventLoop = value;
    return this;
  }

  EtcdRegistryBuilder random(RandomGenerator value) {
    random = value;
    return this;
  }

  EtcdRegistryBuilder clock(InstantSource value) {
    clock = value;
    return this;
  }

  EtcdRegistryBuilder connector(Connector value) {
    connector = value;
    return this;
  }

  /** Opens the registry. Returns at once, reachable or not. */
  public EtcdRegistry connect() {
    Connector opened = connector == null ? netty() : connector;
    try {
      return connect(opened);
    } catch (RuntimeException | Error e) {
      // It may have a thread that watches files.
      opened.close();
      throw e;
    }
  }

  private EtcdRegistry connect(Connector opened) {
    EventLoop loop = eventLoop == null ? new ThreadEventLoop() : eventLoop;
    EndpointCodec codec = EndpointCodec.of(keyLayout, namespace);
    Link link =
        new Link(loop, random, opened, timeouts, credentials, codec.root() + "fairlead-probe");
    opened.onNewFiles(() -> loop.execute(link::replaceConnection));
    SnapshotStore store =
        snapshots == null ? SnapshotStore.NONE : new SnapshotFiles(snapshots, snapshotAge, clock);
    boolean spansHosts = !endpoints.stream().allMatch(EtcdEndpoint::loopback);
    return new EtcdRegistry(loop, link, codec, clock, store, spansHosts);
  }

  private List<EtcdEndpoint> checked() {
    if (endpoints.isEmpty()) {
      throw new IllegalArgumentException(
          "an etcd registry needs an endpoint, like http://127.0.0.1:2379");
    }
    if (endpoints.stream().anyMatch(one -> one.tls() != endpoints.get(0).tls())) {
      throw new IllegalArgumentException("etcd endpoints " + endpoints + " mix http and https");
    }
    if (!endpoints.get(0).tls() && tlsFiles != null) {
      throw new IllegalArgumentException(
          "etcd endpoints " + endpoints + " are http, but tls(...) is set; use https");
    }
    return endpoints;
  }

  private NettyConnector netty() {
    List<EtcdEndpoint> members = checked();
    TlsFiles files = tlsFiles == null ? TlsFiles.builder().build() : tlsFiles;
    TlsWatch watch =
        members.get(0).tls() ? TlsWatch.ofClient(files, "registry on " + members.get(0)) : null;
    return new NettyConnector(members, watch, serverName);
  }
}
