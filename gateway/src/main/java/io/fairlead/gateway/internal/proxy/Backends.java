package io.fairlead.gateway.internal.proxy;

import com.google.protobuf.Descriptors.ServiceDescriptor;
import io.fairlead.client.RpcChannel;
import io.fairlead.discovery.Registry;
import io.grpc.ServerServiceDefinition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The services of other processes that one server forwards to: reads their contracts, again and
 * again, and hands on what has changed. A contract that cannot be read leaves the one before in
 * force.
 *
 * <p>Contracts are read on the given threads, and each result is taken under the monitor, which
 * guards all fields. One for each server.
 */
public final class Backends implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Backends.class.getName());

  /** How long the start of a server waits for the contracts. */
  private static final Duration FIRST_READ = Duration.ofSeconds(10);

  private final ProxyConfig config;
  private final ScheduledExecutorService timer;
  private final Executor threads;
  private final UnaryOperator<ServerServiceDefinition> layers;
  private final boolean forwardsCredentials;
  private final Changed changed;
  private final Map<Backend.Key, Backend> backends = new LinkedHashMap<>();
  private final Map<ProxyConfig.Prefix, Registry> registries = new LinkedHashMap<>();
  private final Map<ProxyConfig.Prefix, String> failedRegistries = new HashMap<>();
  private boolean closed;

  /** Hears of each change. Called under the monitor. */
  @FunctionalInterface
  public interface Changed {
    /**
     * Takes what is forwarded from here on.
     *
     * @param services all that are forwarded now
     * @param missing why contracts are not known, by target
     */
    void accept(List<ServerServiceDefinition> services, Map<String, String> missing);
  }

  /**
   * Makes the backends of a server.
   *
   * @param threads for code that blocks; they may refuse a task
   * @param layers puts the layers of the server around a service
   * @param forwardsCredentials whether tokens and cookies of callers go on to the services
   */
  public Backends(
      ProxyConfig config,
      ScheduledExecutorService timer,
      Executor threads,
      UnaryOperator<ServerServiceDefinition> layers,
      boolean forwardsCredentials,
      Changed changed) {
    this.config = config;
    this.timer = timer;
    this.threads = threads;
    this.layers = layers;
    this.forwardsCredentials = forwardsCredentials;
    this.changed = changed;
  }

  /**
   * Opens all channels, and waits a while until the contracts are known. What cannot be read by
   * then is read later; a file that cannot be read fails.
   */
  public void start() {
    List<Backend> named = new ArrayList<>();
    try {
      synchronized (this) {
        for (ProxyConfig.Prefix each : config.prefixes()) {
          registries.put(each, each.registry().open());
        }
        for (ProxyConfig.Target each : config.targets()) {
          named.add(add(new Backend.Key(null, each.target()), each.source(), builder -> builder));
        }
      }
      for (Backend each : named) {
        if (each.source instanceof DescriptorSetFile) {
          take(each, each.source.read(each.channel).toCompletableFuture().join());
        }
      }
    } catch (CompletionException e) {
      close();
      throw e.getCause() instanceof RuntimeException known ? known : e;
    } catch (RuntimeException e) {
      close();
      throw e;
    }
    CountDownLatch first = new CountDownLatch(named.size() + config.prefixes().size());
    named.forEach(each -> read(each, first::countDown));
    config.prefixes().forEach(each -> look(each, first::countDown));
    try {
      boolean unused = first.await(FIRST_READ.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private Backend add(
      Backend.Key key, ContractSource source, UnaryOperator<RpcChannel.Builder> special) {
    Backend backend =
        new Backend(
            key,
            source,
            special
                .apply(
                    config
                        .channels()
                        .apply(RpcChannel.to(key.target()).userAgent("fairlead-gateway")))
                .build());
    if (backends.putIfAbsent(key, backend) != null) {
      backend.channel.close();
      throw new IllegalArgumentException("the target " + key.target() + " is given twice");
    }
    return backend;
  }

  /** Reads contracts, and comes again after a pause, whatever happens. */
  private void read(Backend backend, Runnable done) {
    Runnable ended =
        () -> {
          done.run();
          readAgain(backend);
        };
    onThread(
        () ->
            found(backend)
                .whenComplete(
                    (found, failure) ->
                        onThread(
                            () -> {
                              try {
                                readEnded(backend, found, failure);
                              } finally {
                                ended.run();
                              }
                            },
                            ended)),
        ended);
  }

  private static CompletionStage<FoundContracts> found(Backend backend) {
    try {
      return backend.source.read(backend.channel);
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private void readEnded(
      Backend backend, @Nullable FoundContracts found, @Nullable Throwable failure) {
    if (found == null || failure != null) {
      failed(backend, failure == null ? "nothing was found" : text(failure));
      return;
    }
    try {
      take(backend, found);
    } catch (RuntimeException e) {
      failed(backend, text(e));
    }
  }

  private synchronized void readAgain(Backend backend) {
    if (!closed && backends.get(backend.key) == backend) {
      after(backend.pause(config.reload()), () -> read(backend, () -> {}));
    }
  }

  private void after(Duration pause, Runnable code) {
    try {
      var unused = timer.schedule(code, pause.toNanos(), TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException ending) {
      // The server is closed.
    }
  }

  private void onThread(Runnable code, Runnable refused) {
    try {
      threads.execute(code);
    } catch (RejectedExecutionException busy) {
      refused.run();
    }
  }

  private static String text(Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    return cause.getMessage() == null ? cause.toString() : cause.getMessage();
  }

  /** Takes contracts as they were found. */
  private synchronized void take(Backend backend, FoundContracts found) {
    if (closed) {
      return;
    }
    Backend.Contracts before = backend.contracts();
    if (before != null && before.found().equals(found)) {
      backend.succeeded();
      return;
    }
    List<ServerServiceDefinition> made = new ArrayList<>();
    for (ServiceDescriptor service : ContractFiles.services(found)) {
      try {
        made.add(
            layers.apply(
                ForwardedService.of(
                    service, backend.channel, config.hashByCaller(), forwardsCredentials)));
      } catch (IllegalStateException e) {
        LOG.log(
            System.Logger.Level.WARNING,
            "{0} of {1} is not forwarded: {2}",
            service.getFullName(),
            backend.target(),
            e.getMessage());
      }
    }
    backend.setContracts(new Backend.Contracts(found, made));
    try {
      publish();
    } catch (RuntimeException e) {
      // The next reading must not take them for known, nor those of others fail for them.
      backend.setContracts(before);
      throw e;
    }
    backend.succeeded();
    LOG.log(
        System.Logger.Level.INFO,
        "the contracts of {0} {1} by {2}: {3}",
        backend.target(),
        before == null ? "were read" : "have changed",
        backend.source,
        names(made));
  }

  private static List<String> names(List<ServerServiceDefinition> services) {
    return services.stream().map(each -> each.getServiceDescriptor().getName()).toList();
  }

  private synchronized void failed(Backend backend, String why) {
    if (closed) {
      return;
    }
    if (backend.failed(why)) {
      LOG.log(
          System.Logger.Level.WARNING,
          "the contracts of {0} cannot be read: {1}; {2}",
          backend.target(),
          why,
          backend.contracts() == null ? "it is tried again" : "those read before stay in force");
    }
    if (backend.contracts() == null) {
      publish();
    }
  }

  /**
   * Hands on what is forwarded now. A service that two backends have goes to the first one, but a
   * backend that its registry does not list comes after all others: its service may have another
   * name now.
   */
  private void publish() {
    Map<String, ServerServiceDefinition> services = new LinkedHashMap<>();
    Map<String, String> missing = new TreeMap<>();
    backends.values().stream().filter(each -> each.listed).forEach(each -> add(each, services));
    backends.values().stream().filter(each -> !each.listed).forEach(each -> add(each, services));
    for (Backend backend : backends.values()) {
      String failure = backend.failure();
      if (backend.contracts() == null && failure != null) {
        missing.put(backend.target(), failure);
      }
    }
    changed.accept(List.copyOf(services.values()), missing);
  }

  private static void add(Backend backend, Map<String, ServerServiceDefinition> services) {
    Backend.Contracts contracts = backend.contracts();
    if (contracts == null) {
      return;
    }
    for (ServerServiceDefinition service : contracts.services()) {
      String name = service.getServiceDescriptor().getName();
      if (services.putIfAbsent(name, service) != null) {
        LOG.log(
            System.Logger.Level.WARNING,
            "{0} of {1} is not forwarded: another target has it too",
            name,
            backend.target());
      }
    }
  }

  /** Looks which services a registry has, and comes again after a pause, whatever happens. */
  private void look(ProxyConfig.Prefix prefix, Runnable done) {
    Registry registry;
    synchronized (this) {
      registry = closed ? null : registries.get(prefix);
    }
    if (registry == null) {
      done.run();
      return;
    }
    Runnable again = () -> after(config.reload(), () -> look(prefix, () -> {}));
    Runnable ended =
        () -> {
          done.run();
          again.run();
        };
    services(registry)
        .whenComplete(
            (names, failure) ->
                onThread(
                    () -> {
                      try {
                        lookEnded(prefix, registry, names, failure, done);
                      } finally {
                        again.run();
                      }
                    },
                    ended));
  }

  private static CompletionStage<List<String>> services(Registry registry) {
    try {
      return registry.services();
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private void lookEnded(
      ProxyConfig.Prefix prefix,
      Registry registry,
      @Nullable List<String> names,
      @Nullable Throwable failure,
      Runnable done) {
    List<Backend> added;
    if (names == null || failure != null) {
      warn(
          prefix, "cannot be listed: " + (failure == null ? "it has said nothing" : text(failure)));
      added = List.of();
    } else {
      added = compare(prefix, registry, names);
    }
    if (added.isEmpty()) {
      done.run();
      return;
    }
    AtomicInteger left = new AtomicInteger(added.size());
    for (Backend each : added) {
      read(
          each,
          () -> {
            if (left.decrementAndGet() == 0) {
              done.run();
            }
          });
    }
  }

  private synchronized void warn(ProxyConfig.Prefix prefix, String why) {
    if (!closed && !why.equals(failedRegistries.put(prefix, why))) {
      LOG.log(
          System.Logger.Level.WARNING,
          "the services of {0} {1}; it is tried again",
          prefix.registry().name(),
          why);
    }
  }

  /** Compares the backends of a prefix with what its registry has, and returns the new ones. */
  private List<Backend> compare(ProxyConfig.Prefix prefix, Registry registry, List<String> names) {
    List<Backend> added = new ArrayList<>();
    List<Backend> gone = new ArrayList<>();
    synchronized (this) {
      if (closed) {
        return added;
      }
      Set<String> targets = new TreeSet<>();
      String failure = null;
      for (String name : names) {
        String target = "registry:///" + name;
        Backend.Key key = new Backend.Key(prefix, target);
        if (name.startsWith(prefix.prefix()) && targets.add(target) && !backends.containsKey(key)) {
          try {
            added.add(add(key, prefix.source(), builder -> builder.registry(registry)));
          } catch (RuntimeException e) {
            failure = "are not all served: no channel can be made for " + name + ": " + text(e);
          }
        }
      }
      if (failure == null) {
        failedRegistries.remove(prefix);
      } else {
        warn(prefix, failure);
      }
      boolean moved = false;
      for (Backend each : backends.values()) {
        boolean listed = targets.contains(each.target());
        if (prefix.equals(each.key.owner()) && each.listed != listed) {
          each.listed = listed;
          moved = true;
          // A service without an endpoint stays while its contract is known: it may only restart.
          if (!listed && each.contracts() == null) {
            gone.add(each);
          }
        }
      }
      gone.forEach(each -> backends.remove(each.key));
      if (moved) {
        try {
          publish();
        } catch (RuntimeException e) {
          warn(prefix, "cannot be served: " + text(e));
        }
      }
    }
    gone.forEach(each -> each.channel.close());
    return added;
  }

  /** Ends all channels and the registries that were opened here. */
  @Override
  public void close() {
    List<Backend> all;
    List<Registry> opened = new ArrayList<>();
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
      all = List.copyOf(backends.values());
      registries.forEach(
          (prefix, registry) -> {
            if (prefix.registry().owned()) {
              opened.add(registry);
            }
          });
    }
    all.forEach(each -> each.channel.close());
    opened.forEach(Registry::close);
  }
}
