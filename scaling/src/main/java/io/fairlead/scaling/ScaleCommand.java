package io.fairlead.scaling;

import io.fairlead.client.RpcChannel;
import io.fairlead.discovery.Address;
import io.fairlead.management.ManagementServer;
import io.fairlead.management.WebException;
import io.fairlead.registry.etcd.EtcdRegistry;
import io.fairlead.registry.etcd.EtcdRegistryBuilder;
import io.fairlead.registry.etcd.LeaderElection;
import io.fairlead.registry.etcd.Leadership;
import io.fairlead.security.TlsFiles;
import io.fairlead.server.RpcServer;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors.CheckedForwardingClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusException;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One process that decides how many instances a service has, or waits until it is to do so: etcd
 * elects one of those that run. Each order carries the fencing token of its term.
 */
final class ScaleCommand implements AutoCloseable {
  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

  /** Between two terms of which the first one's order was refused. */
  private static final Duration AFTER_STALE_ORDER = Duration.ofSeconds(30);

  private final ScaleOptions options;
  private final PrintStream out;

  /** Closed in reverse. */
  private final Deque<AutoCloseable> open = new ArrayDeque<>();

  /** Null while another process decides. */
  private volatile @Nullable Scaler scaler;

  private ScaleCommand(ScaleOptions options, PrintStream out) {
    this.options = options;
    this.out = out;
  }

  /** Starts it; returns at once. */
  static ScaleCommand start(ScaleOptions options, PrintStream out) {
    ScaleCommand command = new ScaleCommand(options, out);
    try {
      command.open();
      return command;
    } catch (RuntimeException | Error e) {
      command.close();
      throw e;
    }
  }

  private void open() {
    if (options.text("--keda-port").isPresent() && options.startsInstances()) {
      throw new IllegalArgumentException(
          "--keda-port and an actuator exclude each other: KEDA starts and stops instances itself");
    }
    // Mistakes in the set-up are to show in each process, not only in the one that is elected.
    Optional<Actuator> actuator = actuator();
    EtcdRegistry registry = opened(registry());
    if (actuator.isPresent()) {
      Address self = Address.grpc(host(), options.port("--web-port").filter(p -> p > 0).orElse(1));
      LeaderElection unused =
          opened(
              registry.elect(
                  "fairlead-scaler-" + options.service,
                  self,
                  leadership -> decide(registry, actuator.get(), leadership)));
    } else {
      ServiceLoadView loads = opened(view(registry));
      Scaler advising =
          opened(
              Scaler.builder(options.service, loads, options.policy)
                  .tick(options.tick)
                  .announce(registry)
                  .start());
      scaler = advising;
      say("gives advice; no instance is started or stopped");
      options.port("--keda-port").ifPresent(port -> openKeda(port, advising));
    }
    options.port("--web-port").ifPresent(this::openPages);
  }

  private <T extends AutoCloseable> T opened(T resource) {
    open.push(resource);
    return resource;
  }

  /** One term: until the thread is interrupted, or an order is refused, as the term is over. */
  private void decide(EtcdRegistry registry, Actuator actuator, Leadership leadership)
      throws InterruptedException {
    say("decides, with the fencing token " + leadership.fencingToken());
    try (ServiceLoadView loads = view(registry);
        Fleet fleet =
            Fleet.builder(options.service, registry, loads, actuator)
                .channels(this::withCredentials)
                .drainTimeout(options.drainTimeout)
                .settleTime(options.settleTime)
                .leadership(leadership)
                .build();
        Scaler deciding =
            Scaler.builder(options.service, fleet, options.policy)
                .tick(options.tick)
                .announce(registry)
                .onDecision(fleet)
                .start()) {
      scaler = deciding;
      fleet.awaitSuccessor();
      say("an order was refused as stale, so it gives this term up; the log says where");
    } finally {
      scaler = null;
      say("decides no more");
    }
    // The tokens of the next terms are hardly greater, and would be refused one after the other.
    // Whoever has a greater one holds the term by then, which interrupts this.
    say("campaigns again in " + AFTER_STALE_ORDER.toSeconds() + " s");
    Thread.sleep(AFTER_STALE_ORDER.toMillis());
  }

  private void say(String what) {
    out.println("fairlead scale, service " + options.service + ": " + what);
    out.flush();
  }

  private ServiceLoadView view(EtcdRegistry registry) {
    return ServiceLoadView.builder()
        .interval(options.reportInterval)
        .channels(this::withCredentials)
        .countWaitingCalls()
        .open(registry, options.service);
  }

  private EtcdRegistry registry() {
    EtcdRegistryBuilder builder =
        EtcdRegistry.builder().endpoints(options.etcd.toArray(String[]::new)).ttl(options.ttl);
    options.text("--namespace").ifPresent(builder::namespace);
    if (options.etcd.stream().anyMatch(url -> url.startsWith("https:"))) {
      trust().ifPresent(builder::tls);
    }
    return builder.connect();
  }

  private Optional<TlsFiles> trust() {
    return options.file("--ca").map(file -> TlsFiles.builder().trust(file).build());
  }

  private Optional<Actuator> actuator() {
    Optional<Actuator> remote = options.text("--actuator").map(this::remote);
    Optional<Actuator> pods = options.text("--deployment").map(unused -> pods());
    Optional<Actuator> units =
        options.text("--units").map(name -> SystemdUnits.builder(name).build());
    return remote.or(() -> pods).or(() -> units);
  }

  private Actuator pods() {
    Map<String, Actuator> zones = new LinkedHashMap<>();
    options.deployments.forEach((zone, name) -> zones.put(zone, deployment(name)));
    Actuator only = zones.get("");
    return only != null ? only : ZonedActuator.of(zones);
  }

  private static Actuator deployment(String name) {
    int slash = name.indexOf('/');
    KubernetesDeployment.Builder builder = KubernetesDeployment.builder(name.substring(slash + 1));
    if (slash > 0) {
      builder.namespace(name.substring(0, slash));
    }
    return builder.build();
  }

  private Actuator remote(String target) {
    return new RemoteActuator(opened(withCredentials(RpcChannel.to(target)).build()));
  }

  private RpcChannel.Builder withCredentials(RpcChannel.Builder channel) {
    trust().ifPresent(channel::tls);
    boolean readable = !options.given("--ca") && !options.given("--plaintext");
    options.file("--token-file").ifPresent(file -> channel.intercept(bearer(file, readable)));
    return channel;
  }

  /**
   * The file is read for each of the few calls, as tokens are replaced. Where others can read what
   * is sent, it only goes to this machine.
   */
  static ClientInterceptor bearer(Path file, boolean loopbackAlone) {
    return new ClientInterceptor() {
      @Override
      public <Q, R> ClientCall<Q, R> interceptCall(
          MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
        return new CheckedForwardingClientCall<Q, R>(next.newCall(method, options)) {
          @Override
          protected void checkedStart(Listener<R> listener, Metadata headers)
              throws StatusException {
            String target = String.valueOf(next.authority());
            if (loopbackAlone && !ScaleOptions.isLoopback(target)) {
              throw Status.FAILED_PRECONDITION
                  .withDescription(ScaleOptions.inClearText(target))
                  .asException();
            }
            headers.put(AUTHORIZATION, "Bearer " + read(file));
            delegate().start(listener, headers);
          }
        };
      }

      @Override
      public String toString() {
        return "bearer token of " + file;
      }
    };
  }

  private static String read(Path file) throws StatusException {
    try {
      return Files.readString(file).strip();
    } catch (IOException e) {
      throw Status.UNAUTHENTICATED
          .withDescription("the token cannot be read from --token-file " + file + ": " + e)
          .withCause(e)
          .asException();
    }
  }

  private static String host() {
    try {
      return InetAddress.getLocalHost().getHostAddress();
    } catch (IOException e) {
      return "127.0.0.1"; // this machine does not know its name; it is information alone
    }
  }

  private void openPages(int port) {
    ManagementServer pages =
        opened(
            ManagementServer.builder()
                .port(port)
                .handler(
                    "/load",
                    exchange -> {
                      Scaler now = scaler;
                      if (now == null) {
                        throw new WebException(
                            503,
                            "another process decides for %s; ask that one"
                                .formatted(options.service));
                      }
                      now.loadPage().handle(exchange);
                    })
                .handler("/scale", new ScalePage(options.policy))
                .start());
    say("pages at " + pages.uri("/load") + " and " + pages.uri("/scale?L=600"));
  }

  private void openKeda(int port, Scaler advising) {
    RpcServer server =
        opened(
            RpcServer.builder("fairlead-scaler")
                .port(port)
                .service(new KedaScaler(List.of(advising)))
                .start());
    say("KEDA's external scaler on port " + server.port());
  }

  @Override
  public void close() {
    while (!open.isEmpty()) {
      try {
        open.pop().close();
      } catch (Exception e) {
        out.println("fairlead scale: while closing: " + e);
      }
    }
  }
}
