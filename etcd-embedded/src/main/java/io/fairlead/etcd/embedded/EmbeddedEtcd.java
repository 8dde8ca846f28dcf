package io.fairlead.etcd.embedded;

import com.google.protobuf.ByteString;
import io.fairlead.etcd.embedded.api.CompactionRequest;
import io.fairlead.etcd.embedded.api.DeleteRangeRequest;
import io.fairlead.etcd.embedded.api.KeyValue;
import io.fairlead.etcd.embedded.api.PutRequest;
import io.fairlead.etcd.embedded.api.RangeRequest;
import io.grpc.TlsServerCredentials;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * An etcd for development and tests: it serves etcd's v3 API from inside the JVM, for one process,
 * from memory only. What is stored is gone when it closes. Production wants a real etcd.
 *
 * <p>Clients of all kinds connect to {@link #endpoint()}. Some requests can also be made here
 * directly, as an operator would with etcdctl; {@link #faults()} breaks things for tests. All
 * methods may be called from any thread. Whoever starts it closes it.
 */
public final class EmbeddedEtcd implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(EmbeddedEtcd.class.getName());

  private final EtcdConfig config;
  private final TimeSource time;
  private final EtcdStateMachine machine;
  private final EtcdListener listener;
  private final EtcdFaults faults;

  private EmbeddedEtcd(EtcdConfig config, TimeSource time) {
    this.config = config;
    this.time = time;
    this.machine = new EtcdStateMachine(time, config);
    OpenStreams streams = new OpenStreams();
    this.listener =
        new EtcdListener(
            config,
            List.of(
                new KvService(machine),
                new WatchService(machine, streams),
                new LeaseService(machine, streams),
                new ClusterService(machine, this::endpoint),
                new MaintenanceService(machine),
                new AuthService()));
    this.faults = new EtcdFaults(machine, listener, streams);
  }

  /** Starts one on any free port of the loopback interface, in real time. */
  public static EmbeddedEtcd start() {
    return builder().start();
  }

  /** Returns a builder, for a fixed port or a manual clock. */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Returns what clients connect to, {@code http://127.0.0.1:port}, or {@code https} with TLS. It
   * stays the same until closed.
   */
  public String endpoint() {
    return (config.hasTls() ? "https://" : "http://") + address();
  }

  /** Returns {@code host:port}. */
  public String address() {
    String host = config.host();
    return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port();
  }

  /** Returns the port it listens on. */
  public int port() {
    return listener.port();
  }

  /** Returns the revision of the last change. */
  public long revision() {
    return machine.header().getRevision();
  }

  /** Writes a key without a lease; returns the new revision. */
  public long put(String key, String value) {
    PutRequest request =
        PutRequest.newBuilder()
            .setKey(ByteString.copyFromUtf8(key))
            .setValue(ByteString.copyFromUtf8(value))
            .build();
    return machine.put(request).getHeader().getRevision();
  }

  /** Returns what the key holds, if it exists. */
  public Optional<String> get(String key) {
    RangeRequest request = RangeRequest.newBuilder().setKey(ByteString.copyFromUtf8(key)).build();
    return machine.range(request).getKvsList().stream()
        .map(KeyValue::getValue)
        .map(ByteString::toStringUtf8)
        .findFirst();
  }

  /** Deletes a key; returns whether it existed. */
  public boolean delete(String key) {
    DeleteRangeRequest request =
        DeleteRangeRequest.newBuilder().setKey(ByteString.copyFromUtf8(key)).build();
    return machine.delete(request).getDeleted() > 0;
  }

  /** Forgets all history before the present revision; returns that revision. */
  public long compact() {
    long revision = revision();
    compact(revision);
    return revision;
  }

  /** Forgets all history before {@code revision}. */
  public void compact(long revision) {
    machine.compact(CompactionRequest.newBuilder().setRevision(revision).build());
  }

  /** Returns the ids of all leases, the one that ends first in front. */
  public List<Long> leases() {
    return machine.leaseIds();
  }

  /** Ends a lease and deletes its keys. */
  public void revokeLease(long id) {
    machine.revoke(id);
  }

  /** Returns the number of watches that clients hold open. */
  public int watchers() {
    return machine.watchers();
  }

  /** Breaks things, for tests. */
  public EtcdFaults faults() {
    return faults;
  }

  /** Breaks all connections and forgets everything. */
  @Override
  public void close() {
    machine.close();
    faults.close();
    time.close();
  }

  @Override
  public String toString() {
    return "EmbeddedEtcd[" + endpoint() + ", for development: one process, memory only]";
  }

  /** Starts an {@link EmbeddedEtcd} that is not the usual one. */
  public static final class Builder {
    private EtcdConfig config = EtcdConfig.DEFAULT;
    private TimeSource.Injected injected = TimeSource.Injected.NONE;

    private Builder() {}

    /**
     * Sets where to listen; 127.0.0.1 if not stated. There is no authentication: mind who can reach
     * it.
     */
    public Builder host(String host) {
      config = config.withHost(host);
      return this;
    }

    /** Sets the port; 0, the default, takes any free one. */
    public Builder port(int port) {
      config = config.withPort(port);
      return this;
    }

    /**
     * Sets the shortest lease, in whole seconds; shorter ones are made this long. Default: 2s, as
     * in etcd.
     */
    public Builder minTtl(Duration minTtl) {
      config = config.withMinTtlSeconds(minTtl.toSeconds());
      return this;
    }

    /**
     * Takes connections with TLS alone, and shows this certificate. The files are read once.
     *
     * @param certificateChain PEM
     * @param privateKey PEM, PKCS#8
     * @throws UncheckedIOException if a file cannot be read
     */
    public Builder tls(Path certificateChain, Path privateKey) {
      return tls(certificateChain, privateKey, null);
    }

    /**
     * Takes connections with TLS alone, of clients that show a certificate by these authorities.
     *
     * @param authorities PEM
     * @throws UncheckedIOException if a file cannot be read
     */
    public Builder mutualTls(Path certificateChain, Path privateKey, Path authorities) {
      return tls(certificateChain, privateKey, Objects.requireNonNull(authorities, "authorities"));
    }

    private Builder tls(Path certificateChain, Path privateKey, @Nullable Path authorities) {
      try {
        TlsServerCredentials.Builder credentials =
            TlsServerCredentials.newBuilder()
                .keyManager(certificateChain.toFile(), privateKey.toFile());
        if (authorities != null) {
          credentials
              .trustManager(authorities.toFile())
              .clientAuth(TlsServerCredentials.ClientAuth.REQUIRE);
        }
        config = config.withCredentials(credentials.build());
        return this;
      } catch (IOException e) {
        throw new UncheckedIOException("The embedded etcd cannot read its TLS files", e);
      }
    }

    /** Sets the largest write. Default: 1.5 MiB, as in etcd. */
    public Builder maxRequestBytes(int bytes) {
      config = config.withMaxRequestBytes(bytes);
      return this;
    }

    /**
     * Sets how often a quiet watch hears of progress if it asked; 10m if not stated, as in etcd.
     */
    public Builder progressInterval(Duration interval) {
      config = config.withProgressInterval(interval);
      return this;
    }

    /**
     * Lets leases end by another time than the real one.
     *
     * @param nanoTime monotonic
     * @param timer runs tasks in that same time; it stays open when the server closes
     */
    public Builder clock(LongSupplier nanoTime, ScheduledExecutorService timer) {
      injected = new TimeSource.Injected(nanoTime, timer);
      return this;
    }

    /**
     * Starts it.
     *
     * @throws UncheckedIOException if the port is taken
     */
    public EmbeddedEtcd start() {
      TimeSource time = injected.orSystem();
      EmbeddedEtcd etcd = new EmbeddedEtcd(config, time);
      try {
        etcd.listener.open();
      } catch (IOException e) {
        etcd.close();
        throw new UncheckedIOException(
            "The embedded etcd cannot listen on "
                + config.host()
                + ":"
                + config.port()
                + "; choose another port, or 0 for any free one",
            e);
      }
      LOG.log(
          System.Logger.Level.INFO,
          "Fairlead''s embedded etcd serves {0}, for development: one process, memory only",
          etcd.endpoint());
      return etcd;
    }
  }
}
