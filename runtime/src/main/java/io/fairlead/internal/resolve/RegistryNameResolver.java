package io.fairlead.internal.resolve;

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
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Carries a service's resolutions from a registry into a channel.
 *
 * <p>The registry calls on its own thread, and everything here runs in the channel's
 * synchronization context. Host names are looked up on grpc-java's offload executor, since that may
 * block; one look-up at a time, and one more if something changed meanwhile. Lists of the same
 * endpoints are not passed on again.
 *
 * <p>The registry recovers by itself, so a request to refresh only looks up host names again.
 * grpc-java starts and shuts it down, also when a channel becomes idle; the registry stays open.
 */
final class RegistryNameResolver extends NameResolver {
  private static final System.Logger LOG = System.getLogger(RegistryNameResolver.class.getName());

  private final Registry registry;
  private final String service;
  private final boolean tls;
  private final SynchronizationContext sync;
  private final Executor offload;
  private DnsCache dns;
  private boolean lookingUp;
  private boolean lookUpAgain;
  private @Nullable Watch watch;
  private @Nullable Listener2 listener;
  private @Nullable Resolution last;

  RegistryNameResolver(
      Registry registry,
      String service,
      boolean tls,
      SynchronizationContext sync,
      Executor offload,
      DnsCache.Lookup lookup) {
    this.offload = offload;
    this.dns = new DnsCache(lookup);
    this.registry = registry;
    this.service = service;
    this.tls = tls;
    this.sync = sync;
  }

  /** Returns the service's name: what TLS verifies, and never where the registry is. */
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
    try {
      watch = registry.watch(service, next -> sync.execute(() -> accept(next)));
    } catch (RuntimeException e) {
      // A closed registry, most likely. Passed on, it would end the channel in grpc-java's panic.
      String reason = "service " + service + " cannot be watched: " + e.getMessage();
      LOG.log(Level.WARNING, reason);
      accept(new Resolution.Failed(service, reason));
    }
  }

  @Override
  public void shutdown() {
    listener = null;
    if (watch != null) {
      watch.close();
    }
  }

  /** Passes on what the registry says now, unless only its freshness changed. */
  private void accept(Resolution next) {
    if (listener == null || sameEndpoints(last, next)) {
      return;
    }
    last = next;
    if (next instanceof Resolution.Bound bound) {
      acceptBound(bound.snapshot().endpoints());
    } else if (next instanceof Resolution.Absent absent) {
      deliver(
          List.of(),
          "%s says that %s has no endpoint (revision %s)"
              .formatted(registry, absent.service(), absent.revision()));
    } else if (next instanceof Resolution.Failed failed) {
      Status status = Status.UNAVAILABLE.withDescription(failed.reason());
      listener.onResult2(
          ResolutionResult.newBuilder().setAddressesOrError(StatusOr.fromStatus(status)).build());
    }
  }

  /** Host names are looked up away from the channel's threads; IP addresses need no detour. */
  private void acceptBound(List<Endpoint> endpoints) {
    if (dns.allKnown(endpoints)) {
      deliver(groups(endpoints), noUsableAddress());
    } else {
      lookUp(endpoints);
    }
  }

  /** Looks up the hosts again: a connection failed, and names may lead elsewhere by now. */
  @Override
  public void refresh() {
    sync.execute(
        () -> {
          if (listener != null
              && last instanceof Resolution.Bound bound
              && DnsCache.anyName(bound.snapshot().endpoints())) {
            lookUp(bound.snapshot().endpoints());
          }
        });
  }

  /** Looks up the hosts on another thread, one look-up at a time. */
  private void lookUp(List<Endpoint> endpoints) {
    if (lookingUp) {
      lookUpAgain = true;
      return;
    }
    lookingUp = true;
    DnsCache before = dns;
    offload.execute(
        () -> {
          DnsCache found = before.lookUp(endpoints);
          sync.execute(() -> lookedUp(found));
        });
  }

  private void lookedUp(DnsCache found) {
    lookingUp = false;
    dns = found;
    if (listener == null || !(last instanceof Resolution.Bound bound)) {
      return;
    }
    List<Endpoint> endpoints = bound.snapshot().endpoints();
    deliver(groups(endpoints), noUsableAddress());
    if (lookUpAgain) {
      lookUpAgain = false;
      acceptBound(endpoints);
    }
  }

  private String noUsableAddress() {
    return "no endpoint of %s has an address that is grpc or grpcs and can be resolved%s"
        .formatted(service, dns.problems());
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
      EquivalentAddressGroup group = EndpointAttributes.toGroup(endpoint, tls, dns);
      if (group == null) {
        LOG.log(
            Level.WARNING,
            "Endpoint {0} of {1} is left out: none of its addresses {2} is grpc or grpcs"
                + " with a known host{3}",
            endpoint.id(),
            service,
            endpoint.addresses(),
            dns.problems());
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
