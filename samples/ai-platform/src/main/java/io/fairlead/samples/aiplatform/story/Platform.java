package io.fairlead.samples.aiplatform.story;

import io.fairlead.RpcException;
import io.fairlead.client.RpcChannel;
import io.fairlead.contract.ServiceContract;
import io.fairlead.discovery.Endpoint;
import io.fairlead.discovery.Registry;
import io.fairlead.discovery.Resolution;
import io.fairlead.discovery.Watch;
import io.fairlead.samples.aiplatform.api.capture.Capture;
import io.fairlead.samples.aiplatform.api.capture.CaptureRpc;
import io.fairlead.samples.aiplatform.api.features.Features;
import io.fairlead.samples.aiplatform.api.features.FeaturesRpc;
import io.fairlead.samples.aiplatform.api.gateway.VisionRpc;
import io.fairlead.samples.aiplatform.api.inference.GRPCInferenceServiceRpc;
import io.fairlead.samples.aiplatform.api.models.ModelRegistry;
import io.fairlead.samples.aiplatform.api.models.ModelRegistryRpc;
import io.fairlead.samples.aiplatform.api.preprocess.Preprocess;
import io.fairlead.samples.aiplatform.api.preprocess.PreprocessRpc;
import io.fairlead.samples.aiplatform.api.train.Trainer;
import io.fairlead.samples.aiplatform.api.train.TrainerRpc;
import io.fairlead.samples.aiplatform.common.Inference;
import io.fairlead.samples.aiplatform.common.ServiceProcess;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;

/** The platform as the story sees it: clients of its services, and which processes are there. */
final class Platform implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(40);

  private final Registry registry;
  private final Fleet fleet;

  /** Closed in reverse order. */
  private final Deque<AutoCloseable> open = new ArrayDeque<>();

  /** The latest list of each service. */
  private final Map<String, Resolution> lists = new ConcurrentHashMap<>();

  final Capture capture;
  final Preprocess preprocess;
  final Features features;
  final ModelRegistry models;
  final Trainer trainer;
  final RpcChannel featureChannel;
  final RpcChannel trainers;
  final RpcChannel inference;
  final RpcChannel gateway;

  private final Optional<LinkCertificates> certificates;

  Platform(Registry registry, Fleet fleet, Optional<LinkCertificates> certificates) {
    this.registry = registry;
    this.certificates = certificates;
    this.fleet = fleet;
    // A small window: what waits between two stages is counted in images, not in megabytes.
    this.capture =
        CaptureRpc.client(
            channel(CaptureRpc.service(), channel -> channel.flowControlWindow(64 * 1024)));
    this.preprocess =
        PreprocessRpc.client(channel(PreprocessRpc.service(), UnaryOperator.identity()));
    this.featureChannel = channel(FeaturesRpc.service(), UnaryOperator.identity());
    this.features = FeaturesRpc.client(featureChannel);
    this.models =
        ModelRegistryRpc.client(channel(ModelRegistryRpc.service(), UnaryOperator.identity()));
    this.trainers = channel(TrainerRpc.service(), UnaryOperator.identity());
    this.trainer = TrainerRpc.client(trainers);
    this.inference = channel(GRPCInferenceServiceRpc.service(), Inference::policy);
    this.gateway = channel(VisionRpc.service(), UnaryOperator.identity());
  }

  /** Returns a channel to a service, with settings of its own, that closes with the platform. */
  RpcChannel channel(ServiceContract service, UnaryOperator<RpcChannel.Builder> change) {
    Watch watch = registry.watch(service.name(), list -> lists.put(service.name(), list));
    RpcChannel.Builder builder =
        RpcChannel.to("etcd:///" + service.name()).registry(registry).service(service);
    certificates.map(each -> each.caller("story")).ifPresent(builder::tls);
    RpcChannel channel = change.apply(builder).build();
    open.push(channel);
    open.push(watch);
    return channel;
  }

  Optional<LinkCertificates> certificates() {
    return certificates;
  }

  Fleet fleet() {
    return fleet;
  }

  Registry registry() {
    return registry;
  }

  /** Returns the endpoints of a service that take calls, by id. */
  Map<String, Endpoint> endpoints(String service) {
    Map<String, Endpoint> byId = new TreeMap<>();
    if (lists.get(service) instanceof Resolution.Bound bound) {
      for (Endpoint endpoint : bound.snapshot().endpoints()) {
        if (!endpoint.draining()) {
          byId.put(endpoint.id(), endpoint);
        }
      }
    }
    return byId;
  }

  /** Returns an endpoint that must be there. */
  Endpoint endpoint(String service, String id) {
    Endpoint endpoint = endpoints(service).get(id);
    if (endpoint == null) {
      throw new IllegalStateException(id + " is not registered for " + service);
    }
    return endpoint;
  }

  /** Waits until a service is registered by these processes, and by no others. */
  void awaitOnly(String service, String... ids) throws InterruptedException {
    await(service + " by " + List.of(ids), () -> endpoints(service).keySet().equals(Set.of(ids)));
  }

  /** Asks a process to leave in good order, and waits until nobody calls it any more. */
  void drain(String service, String id) throws InterruptedException {
    fleet.drain(id);
    await(id + " has left " + service, () -> !endpoints(service).containsKey(id));
  }

  /** Waits for what a call must tell; a call that fails tells nothing yet. */
  void awaitCall(String what, BooleanSupplier call) throws InterruptedException {
    await(
        what,
        () -> {
          try {
            return call.getAsBoolean();
          } catch (RpcException e) {
            return false;
          }
        });
  }

  /** Waits for what must come true; says what did not, and where the logs are. */
  void await(String what, BooleanSupplier comesTrue) throws InterruptedException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!comesTrue.getAsBoolean()) {
      if (System.nanoTime() > end) {
        throw new IllegalStateException(
            "waited "
                + PATIENCE.toSeconds()
                + " s in vain for this: "
                + what
                + (fleet.dead().isEmpty() ? "" : "; these processes have ended: " + fleet.dead())
                + "; the logs are in "
                + fleet.log("x").getParent());
      }
      Thread.sleep(20);
    }
  }

  @Override
  public void close() {
    ServiceProcess.closeAll(open);
  }
}
