package io.fairlead.balance;

import io.fairlead.discovery.Endpoint;
import io.fairlead.discovery.Registry;
import io.fairlead.discovery.Resolution;
import io.fairlead.discovery.Watch;
import io.grpc.Attributes;
import io.grpc.EquivalentAddressGroup;
import io.grpc.NameResolver;
import io.grpc.Status;
import io.grpc.StatusOr;
import io.grpc.SynchronizationContext;
import java.lang.System.Logger.Level;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Carries a service's resolutions from a registry into a channel. The registry heals itself, so a
 * request to refresh does nothing.
 */
final class RegistryNameResolver extends NameResolver {
  private static final System.Logger LOG = System.getLogger(RegistryNameResolver.class.getName());

  private final Registry registry;
  private final String service;
  private final boolean tls;
  private final SynchronizationContext sync;
  private @Nullable Watch watch;
  private @Nullable Listener2 listener;
  private @Nullable Resolution last;

  RegistryNameResolver(
      Registry registry, String service, boolean tls, SynchronizationContext sync) {
    this.registry = registry;
    this.service = service;
    this.tls = tls;
    this.sync = sync;
  }

  /** The service's name: what TLS verifies, and never where the registry is. */
  @Override
  public String getServiceAuthority() {
    return encode(service);
  }

  static String encode(String service) {
    return URLEncoder.encode(service, StandardCharsets.UTF_8).replace("+", "%20");
  }

  @Override
  public void start(Listener2 newListener) {
    listener = newListener;
    watch = registry.watch(service, next -> sync.execute(() -> accept(next)));
  }

  @Override
  public void shutdown() {
    listener = null;
    if (watch != null) {
      watch.close();
    }
  }

  private void accept(Resolution next) {
    if (listener == null || sameEndpoints(last, next)) {
      return;
    }
    last = next;
    if (next instanceof Resolution.Bound bound) {
      deliver(groups(bound.snapshot().endpoints()), "no endpoint of " + service + " speaks gRPC");
    } else if (next instanceof Resolution.Absent absent) {
      deliver(
          List.of(),
          registry
              + " says that "
              + absent.service()
              + " has no endpoint (revision "
              + absent.revision()
              + ")");
    } else if (next instanceof Resolution.Failed failed) {
      Status status = Status.UNAVAILABLE.withDescription(failed.reason());
      listener.onResult2(
          ResolutionResult.newBuilder().setAddressesOrError(StatusOr.fromStatus(status)).build());
    }
  }

  private void deliver(List<EquivalentAddressGroup> groups, String whyEmpty) {
    Objects.requireNonNull(listener)
        .onResult2(
            ResolutionResult.newBuilder()
                .setAddressesOrError(StatusOr.fromValue(groups))
                .setAttributes(
                    Attributes.newBuilder().set(EndpointAttributes.WHY_EMPTY, whyEmpty).build())
                .build());
  }

  private List<EquivalentAddressGroup> groups(List<Endpoint> endpoints) {
    List<EquivalentAddressGroup> groups = new ArrayList<>(endpoints.size());
    for (Endpoint endpoint : endpoints) {
      EquivalentAddressGroup group = EndpointAttributes.toGroup(endpoint, tls);
      if (group == null) {
        LOG.log(
            Level.WARNING,
            "Endpoint {0} of {1} is left out: none of its addresses {2} is grpc or grpcs",
            endpoint.id(),
            service,
            endpoint.addresses());
      } else {
        groups.add(group);
      }
    }
    return groups;
  }

  /** A change of freshness alone is no news to a balancer. */
  private static boolean sameEndpoints(@Nullable Resolution last, Resolution next) {
    return last instanceof Resolution.Bound before
        && next instanceof Resolution.Bound after
        && before.snapshot().endpoints().equals(after.snapshot().endpoints());
  }

  @Override
  public String toString() {
    return "RegistryNameResolver[" + service + " in " + registry + "]";
  }
}
