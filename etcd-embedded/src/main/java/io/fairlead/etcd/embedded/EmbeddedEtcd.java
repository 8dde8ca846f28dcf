package io.fairlead.etcd.embedded;

import com.google.protobuf.ByteString;
import io.fairlead.etcd.embedded.api.CompactionRequest;
import io.fairlead.etcd.embedded.api.DeleteRangeRequest;
import io.fairlead.etcd.embedded.api.KeyValue;
import io.fairlead.etcd.embedded.api.PutRequest;
import io.fairlead.etcd.embedded.api.RangeRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.LongSupplier;

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

  private final Settings settings;
  private final TimeSource time;
  private final EtcdCore core;
  private final EtcdListener listener;
  private final EtcdFaults faults;

  private EmbeddedEtcd(Settings settings, TimeSource time) {
    this.settings = settings;
    this.time = time;
    this.core = new EtcdCore(time, settings);
    OpenStreams streams = new OpenStreams();
    this.listener =
        new EtcdListener(
            settings,
            List.of(
                new KvService(core),
                new WatchService(core, streams),
                new LeaseService(core, streams),
                new ClusterService(core, this::endpoint),
                new MaintenanceService(core),
                new AuthService()));
    this.faults = new EtcdFaults(core, listener, streams);
  }

  /** Starts one on any free port of the loopback interface, in real time. */
  public static EmbeddedEtcd start() {
    return builder().start();
  }

  /** For a fixed port, a manual clock, and such. */
  public static Builder builder() {
    return new Builder();
  }

  /** What clients connect to, {@code http://127.0.0.1:port}. It stays the same until closed. */
  public String endpoint() {
    return "http://" + address();
  }

  /** {@code host:port}. */
  public String address() {
    String host = settings.host();
    return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port();
  }

  /** The port it listens on. */
  public int port() {
    return listener.port();
  }

  /** The revision of the last change. */
  public long revision() {
    return core.header().getRevision();
  }

  /** Writes a key without a lease; returns the new revision. */
  public long put(String key, String value) {
    PutRequest request =
        PutRequest.newBuilder()
            .setKey(ByteString.copyFromUtf8(key))
            .setValue(ByteString.copyFromUtf8(value))
            .build();
    return core.put(request).getHeader().getRevision();
  }

  /** What the key holds, if it exists. */
  public Optional<String> get(String key) {
    RangeRequest request = RangeRequest.newBuilder().setKey(ByteString.copyFromUtf8(key)).build();
    return core.range(request).getKvsList().stream()
        .map(KeyValue::getValue)
        .map(ByteString::toStringUtf8)
        .findFirst();
  }

  /** Deletes a key; returns whether it existed. */
  public boolean delete(String key) {
    DeleteRangeRequest request =
        DeleteRangeRequest.newBuilder().setKey(ByteString.copyFromUtf8(key)).build();
    return core.delete(request).getDeleted() > 0;
  }

  /** Forgets all history before the present revision; returns that revision. */
  public long compact() {
    long revision = revision();
    compact(revision);
    return revision;
  }

  /** Forgets all history before {@code revision}. */
  public void compact(long revision) {
    core.compact(CompactionRequest.newBuilder().setRevision(revision).build());
  }

  /** The ids of all leases, the one that ends first in front. */
  public List<Long> leases() {
    return core.leaseIds();
  }

  /** Ends a lease and deletes its keys. */
  public void revokeLease(long id) {
    core.revoke(id);
  }

  /** The number of watches that clients hold open. */
  public int watchers() {
    return core.watchers();
  }

  /** Breaks things, for tests. */
  public EtcdFaults faults() {
    return faults;
  }

  /** Breaks all connections and forgets everything. */
  @Override
  public void close() {
    core.close();
    faults.close();
    time.close();
  }

  @Override
  public String toString() {
    return "EmbeddedEtcd[" + endpoint() + ", for development: one process, memory only]";
  }

  /** Starts an {@link EmbeddedEtcd} that is not the usual one. */
  public static final class Builder {
    private Settings settings = Settings.DEFAULT;
    private TimeSource.Injected injected = TimeSource.Injected.NONE;

    private Builder() {}

    /**
     * Where to listen; 127.0.0.1 if not stated. There is no authentication: mind who can reach it.
     */
    public Builder host(String host) {
      settings = settings.withHost(host);
      return this;
    }

    /** 0, the default, is any free port. */
    public Builder port(int port) {
      settings = settings.withPort(port);
      return this;
    }

    /**
     * Shorter leases are made this long; whole seconds. 2 s if not stated, as in a default etcd.
     */
    public Builder minTtl(Duration minTtl) {
      settings = settings.withMinTtlSeconds(minTtl.toSeconds());
      return this;
    }

    /** Larger writes are refused; 1.5 MiB if not stated, as in a default etcd. */
    public Builder maxRequestBytes(int bytes) {
      settings = settings.withMaxRequestBytes(bytes);
      return this;
    }

    /** How often a quiet watch hears of progress if it asked; 10 min if not stated, as in etcd. */
    public Builder progressInterval(Duration interval) {
      settings = settings.withProgressInterval(interval);
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
      EmbeddedEtcd etcd = new EmbeddedEtcd(settings, time);
      try {
        etcd.listener.open();
      } catch (IOException e) {
        etcd.close();
        throw new UncheckedIOException(
            "The embedded etcd cannot listen on "
                + settings.host()
                + ":"
                + settings.port()
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
