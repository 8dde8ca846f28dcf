package io.fairlead.samples.aiplatform.common;

import io.fairlead.client.RpcChannel;
import io.fairlead.contract.ServiceContract;
import io.fairlead.management.ManagementServer;
import io.fairlead.registry.etcd.EtcdRegistry;
import io.fairlead.registry.etcd.EtcdRegistryBuilder;
import io.fairlead.server.RpcServer;
import io.fairlead.telemetry.AccessLog;
import io.fairlead.telemetry.Telemetry;
import io.fairlead.telemetry.Tracing;
import io.fairlead.telemetry.prometheus.PrometheusHandler;
import io.grpc.ServerServiceDefinition;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/** What each service of the platform has: a registry, channels to others, a server, metrics. */
public final class ServiceProcess implements AutoCloseable {
  /** The file in the folder of a process that has the address of its metrics. */
  public static final String METRICS = "metrics";

  /** The file in the folder of a process that has a line for each call, if it was asked for. */
  public static final String CALLS = "calls.log";

  private final Settings settings;
  private final EtcdRegistry registry;

  /** Writes down each call with the id of its trace, if that was asked for. */
  private final Optional<Calls> calls;

  private final Telemetry telemetry = Telemetry.create();

  /** Closed in reverse order: the server first, and the channels that its handlers use after it. */
  private final Deque<AutoCloseable> open = new ArrayDeque<>();

  private ServiceProcess(Settings settings) {
    this.settings = settings;
    EtcdRegistryBuilder etcd = EtcdRegistry.builder().endpoints(settings.etcd());
    tls().map(LinkSecurity::files).ifPresent(etcd::tls);
    this.registry = etcd.connect();
    open.push(registry);
    this.calls =
        settings.text("calls", "").isEmpty()
            ? Optional.empty()
            : Optional.of(
                new Calls(
                    Tracing.create(),
                    keep(AccessLog.toFile(settings.data().resolve(CALLS)).sample(1).build())));
  }

  private record Calls(Tracing tracing, AccessLog log) {}

  /** Connects to etcd. */
  public static ServiceProcess open(Settings settings) {
    return new ServiceProcess(settings);
  }

  /** Returns a channel to a service, found by its name. */
  public RpcChannel channel(ServiceContract service) {
    return channel(service, UnaryOperator.identity());
  }

  /** Returns a channel to a service, with settings of its own. */
  public RpcChannel channel(ServiceContract service, UnaryOperator<RpcChannel.Builder> change) {
    RpcChannel.Builder builder =
        RpcChannel.to("etcd:///" + service.name())
            .registry(registry)
            .service(service)
            .observer(telemetry);
    calls.ifPresent(each -> each.tracing().addTo(builder));
    tls().map(LinkSecurity::files).ifPresent(builder::tls);
    RpcChannel channel = change.apply(builder).build();
    telemetry.watch(channel);
    open.push(channel);
    return channel;
  }

  /** Returns where the certificate of this process is, if its links have TLS. */
  public Optional<String> tls() {
    return Optional.of(settings.text("tls", "")).filter(prefix -> !prefix.isEmpty());
  }

  /** Returns what publishes the figures of this process. */
  public Telemetry telemetry() {
    return telemetry;
  }

  /** Keeps something open until the process ends. */
  public <T extends AutoCloseable> T keep(T closeable) {
    open.push(closeable);
    return closeable;
  }

  /** Serves until the process is asked to end. */
  public void serve(String name, ServerServiceDefinition service) throws InterruptedException {
    serve(name, service, UnaryOperator.identity());
  }

  /** Serves until the process is asked to end, with settings of its own. */
  public void serve(
      String name, ServerServiceDefinition service, UnaryOperator<RpcServer.Builder> change)
      throws InterruptedException {
    serve(name, service, change, server -> {});
  }

  /**
   * Does the same.
   *
   * @param started takes the server once it runs
   */
  public void serve(
      String name,
      ServerServiceDefinition service,
      UnaryOperator<RpcServer.Builder> change,
      Consumer<RpcServer> started)
      throws InterruptedException {
    RpcServer.Builder builder =
        RpcServer.builder(name)
            .id(settings.id())
            .tag("instance", settings.id())
            .port(settings.number("port", 0))
            .service(service)
            .registry(registry)
            .observer(telemetry)
            .shutdownHook();
    calls.ifPresent(each -> each.tracing().addTo(builder).observer(each.log()));
    tls().map(LinkSecurity::files).ifPresent(builder::tls);
    String advertised = settings.text("advertise", "");
    if (!advertised.isEmpty()) {
      builder.advertise(advertised);
    }
    RpcServer server = change.apply(builder).start();
    open.push(server);
    telemetry.watch(server);
    started.accept(server);
    ManagementServer.Builder pages =
        ManagementServer.builder()
            .port(settings.number("management", 0))
            .probes(server)
            .handler("/metrics", new PrometheusHandler(telemetry));
    tls().map(LinkSecurity::files).ifPresent(pages::tls);
    ManagementServer management = pages.start();
    open.push(management);
    announce(management);
    server.awaitClosed();
  }

  /** Says in the folder of the process where its metrics are, for whoever started it. */
  private void announce(ManagementServer management) {
    try {
      Files.writeString(settings.data().resolve(METRICS), management.uri("/metrics").toString());
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write to the folder of " + settings.id(), e);
    }
  }

  /** Closes everything; what cannot be closed is logged, and keeps nothing else open. */
  @Override
  public void close() {
    closeAll(open);
  }

  /** Closes what was opened last first. */
  public static void closeAll(Deque<AutoCloseable> open) {
    while (!open.isEmpty()) {
      AutoCloseable each = open.pop();
      try {
        each.close();
      } catch (Exception e) {
        if (e instanceof InterruptedException) {
          Thread.currentThread().interrupt();
        }
        System.getLogger(ServiceProcess.class.getName())
            .log(System.Logger.Level.WARNING, each + " was not closed", e);
      }
    }
  }
}
