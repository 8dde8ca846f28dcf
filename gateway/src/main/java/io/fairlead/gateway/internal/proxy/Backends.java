package io.fairlead.gateway.internal.proxy;

import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
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
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
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
  private final Changed changed;
  private final Map<String, Backend> backends = new LinkedHashMap<>();
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
   */
  public Backends(
      ProxyConfig config,
      ScheduledExecutorService timer,
      Executor threads,
      UnaryOperator<ServerServiceDefinition> layers,
      Changed changed) {
    this.config = config;
    this.timer = timer;
    this.threads = threads;
    this.layers = layers;
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
          named.add(add(each.target(), each.source(), builder -> builder));
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
      String target, ContractSource source, UnaryOperator<RpcChannel.Builder> special) {
    Backend backend =
        new Backend(
            target,
            source,
            special
                .apply(config.channels().apply(RpcChannel.to(target).userAgent("fairlead-gateway")))
                .build());
    if (backends.putIfAbsent(target, backend) != null) {
      backend.channel.close();
      throw new IllegalArgumentException("the target " + target + " is given twice");
    }
    return backend;
  }

  /** Reads contracts, and comes again after a pause. */
  private void read(Backend backend, Runnable done) {
    onThread(
        () ->
            backend
                .source
                .read(backend.channel)
                .whenCompleteAsync(
                    (files, failure) -> {
                      try {
                        if (failure == null) {
                          take(backend, files);
                        } else {
                          failed(backend, text(failure));
                        }
                      } catch (RuntimeException e) {
                        failed(backend, text(e));
                      } finally {
                        done.run();
                        readAgain(backend);
                      }
                    },
                    threads),
        () -> {
          done.run();
          readAgain(backend);
        });
  }

  private synchronized void readAgain(Backend backend) {
    if (!closed && backends.get(backend.target) == backend) {
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
  private synchronized void take(Backend backend, List<FileDescriptorProto> files) {
    if (closed) {
      return;
    }
    backend.succeeded();
    if (backend.holds(files)) {
      return;
    }
    List<ServerServiceDefinition> made = new ArrayList<>();
    for (ServiceDescriptor service : ContractFiles.services(files)) {
      try {
        made.add(
            layers.apply(ForwardedService.of(service, backend.channel, config.hashByCaller())));
      } catch (IllegalStateException e) {
        LOG.log(
            System.Logger.Level.WARNING,
            "{0} of {1} is not forwarded: {2}",
            service.getFullName(),
            backend.target,
            e.getMessage());
      }
    }
    boolean known = backend.isKnown();
    backend.replace(files, made);
    publish();
    LOG.log(
        System.Logger.Level.INFO,
        "the contracts of {0} {1} by {2}: {3}",
        backend.target,
        known ? "have changed" : "were read",
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
          backend.target,
          why,
          backend.isKnown() ? "those read before stay in force" : "it is tried again");
    }
    if (!backend.isKnown()) {
      publish();
    }
  }

  /** Hands on what is forwarded now. A service that two backends have goes to the first one. */
  private void publish() {
    Map<String, ServerServiceDefinition> services = new LinkedHashMap<>();
    Map<String, String> missing = new TreeMap<>();
    for (Backend backend : backends.values()) {
      for (ServerServiceDefinition service : backend.services()) {
        String name = service.getServiceDescriptor().getName();
        if (services.putIfAbsent(name, service) != null) {
          LOG.log(
              System.Logger.Level.WARNING,
              "{0} of {1} is not forwarded: another target has it too",
              name,
              backend.target);
        }
      }
      String failure = backend.failure();
      if (!backend.isKnown() && failure != null) {
        missing.put(backend.target, failure);
      }
    }
    changed.accept(List.copyOf(services.values()), missing);
  }

  /** Looks which services a registry has, and comes again after a pause. */
  private void look(ProxyConfig.Prefix prefix, Runnable done) {
    Registry registry;
    synchronized (this) {
      registry = registries.get(prefix);
    }
    if (registry == null) {
      done.run();
      return;
    }
    var unused =
        registry
            .services()
            .whenComplete(
                (names, failure) ->
                    onThread(
                        () -> {
                          try {
                            found(prefix, registry, names, failure, done);
                          } finally {
                            after(config.reload(), () -> look(prefix, () -> {}));
                          }
                        },
                        () -> {
                          done.run();
                          after(config.reload(), () -> look(prefix, () -> {}));
                        }));
  }

  private void found(
      ProxyConfig.Prefix prefix,
      Registry registry,
      @Nullable List<String> names,
      @Nullable Throwable failure,
      Runnable done) {
    List<Backend> added = new ArrayList<>();
    List<Backend> gone = new ArrayList<>();
    synchronized (this) {
      if (closed || names == null || failure != null) {
        String why = failure == null ? "" : text(failure);
        if (!closed && !why.equals(failedRegistries.put(prefix, why))) {
          LOG.log(
              System.Logger.Level.WARNING,
              "the services of {0} cannot be listed: {1}; it is tried again",
              prefix.registry().name(),
              why);
        }
        done.run();
        return;
      }
      failedRegistries.remove(prefix);
      Set<String> targets = new TreeSet<>();
      for (String name : names) {
        if (name.startsWith(prefix.prefix())) {
          String target = target(name);
          targets.add(target);
          if (!backends.containsKey(target)) {
            added.add(add(target, prefix.source(), builder -> builder.registry(registry)));
          }
        }
      }
      // A service without an endpoint stays while its contract is known: it may only be restarting.
      backends.values().stream()
          .filter(each -> isOf(prefix, each) && !targets.contains(each.target) && !each.isKnown())
          .forEach(gone::add);
      gone.forEach(each -> backends.remove(each.target));
    }
    gone.forEach(each -> each.channel.close());
    if (added.isEmpty()) {
      done.run();
      return;
    }
    CountDownLatch left = new CountDownLatch(added.size());
    for (Backend each : added) {
      read(
          each,
          () -> {
            left.countDown();
            if (left.getCount() == 0) {
              done.run();
            }
          });
    }
  }

  private static String target(String service) {
    return "registry:///" + service;
  }

  private static boolean isOf(ProxyConfig.Prefix prefix, Backend backend) {
    return backend.target.startsWith(target(prefix.prefix()));
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
