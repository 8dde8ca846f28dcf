package io.fairlead.balance.internal;

import io.fairlead.discovery.Endpoint;
import io.fairlead.internal.resolve.EndpointAttributes;
import io.grpc.EquivalentAddressGroup;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The endpoints of one channel: those in the list, and those of the list before that still serve.
 *
 * <p>An endpoint is found again by its id. It keeps its connections if its addresses are the same,
 * so a list with new weights or tags disturbs nothing. One whose address has changed is a new
 * endpoint, and the old one retires.
 *
 * <p>Used in the synchronization context alone. The load balancer closes all with {@link
 * #closeAll}.
 */
final class EndpointTable {
  private final BalancerContext balancerContext;
  private final Map<String, ManagedEndpoint> byId = new HashMap<>(2);
  private List<ManagedEndpoint> current = List.of();

  /** Endpoints of an earlier list that serve until the new list is connected. */
  private List<ManagedEndpoint> retiring = new ArrayList<>();

  private boolean hasReceivedList;

  /** Counts lists. An endpoint notes the number, which tells whether the present list has it. */
  private int generation;

  EndpointTable(BalancerContext balancerContext) {
    this.balancerContext = balancerContext;
  }

  /** Those in the list, in its order. */
  List<ManagedEndpoint> current() {
    return current;
  }

  /** Whether there has been a list that was not empty. */
  boolean hasReceivedList() {
    return hasReceivedList;
  }

  /** Whether an endpoint that left the list still serves. */
  boolean hasRetiring() {
    return !retiring.isEmpty();
  }

  /** Whether it is in the list now: one that has left has no position among the others. */
  boolean contains(ManagedEndpoint managed) {
    return byId.get(managed.handle().id()) == managed;
  }

  /** Takes in a list that is not empty; of several entries with one id the first counts. */
  void accept(List<EquivalentAddressGroup> groups) {
    generation++;
    List<ManagedEndpoint> next = new ArrayList<>(groups.size());
    List<ManagedEndpoint> added = new ArrayList<>();
    int retiringBefore = retiring.size();
    for (EquivalentAddressGroup group : groups) {
      Endpoint endpoint = EndpointAttributes.fromGroup(group);
      ManagedEndpoint managed = byId.get(endpoint.id());
      if (managed != null && managed.isInGeneration(generation)) {
        continue;
      }
      if (managed != null && managed.hasAddresses(group)) {
        managed.update(endpoint, group);
      } else {
        if (managed != null) {
          retiring.add(managed);
        }
        managed = addEndpoint(endpoint, group);
        added.add(managed);
      }
      managed.position(next.size(), generation);
      next.add(managed);
    }
    if (byId.size() > next.size()) {
      for (ManagedEndpoint managed : current) {
        if (!managed.isInGeneration(generation) && byId.remove(managed.handle().id(), managed)) {
          retiring.add(managed);
        }
      }
    }
    current = next;
    hasReceivedList = true;
    balancerContext.endpointsChanged(
        added, retiring.subList(retiringBefore, retiring.size()), next.size());
    for (ManagedEndpoint managed : added) {
      managed.connect();
    }
  }

  private ManagedEndpoint addEndpoint(Endpoint endpoint, EquivalentAddressGroup group) {
    ManagedEndpoint managed = new ManagedEndpoint(endpoint, group, balancerContext);
    startSlowStartIfNew(managed, endpoint);
    byId.put(endpoint.id(), managed);
    return managed;
  }

  /**
   * Begins a slow start of an endpoint that is new. One that joins a list is new; in the first list
   * of a channel, only the start time in its own data counts, as every endpoint is new to this
   * channel.
   */
  private void startSlowStartIfNew(ManagedEndpoint managed, Endpoint endpoint) {
    long now = balancerContext.nanoTime();
    if (endpoint.startedAt().isPresent()) {
      long wallNow = balancerContext.clockAndRandom().wallMillis().getAsLong();
      long age = Math.max(0, wallNow - endpoint.startedAt().get().toEpochMilli());
      managed.startSlowStart(now - TimeUnit.MILLISECONDS.toNanos(age));
    } else if (hasReceivedList) {
      managed.startSlowStart(now);
    }
  }

  /** Those in the list, and those before it that serve on. */
  List<ManagedEndpoint> serving() {
    if (retiring.isEmpty()) {
      return current;
    }
    List<ManagedEndpoint> all = new ArrayList<>(current);
    for (ManagedEndpoint managed : retiring) {
      if (servesOn(managed)) {
        all.add(managed);
      }
    }
    return all;
  }

  /** Whether it is up, or may prove so by its reply to a ping: what is closed does not return. */
  private static boolean servesOn(ManagedEndpoint managed) {
    return managed.isReady() || managed.isSilent();
  }

  /**
   * Endpoints that are gone from the list serve on until half of the new list is connected, or all
   * of it has been tried and somebody is: a connection that works is not given up for none.
   */
  void retireIfReplaced() {
    if (retiring.isEmpty()) {
      return;
    }
    int ready = 0;
    int settled = 0;
    for (ManagedEndpoint managed : current) {
      ready += managed.isReady() ? 1 : 0;
      settled += managed.hasAttemptedConnect() ? 1 : 0;
    }
    boolean replaced = ready * 2 >= current.size() || (settled == current.size() && ready > 0);
    List<ManagedEndpoint> kept = new ArrayList<>();
    for (ManagedEndpoint managed : retiring) {
      if (replaced || !servesOn(managed)) {
        managed.close();
      } else {
        kept.add(managed);
      }
    }
    retiring = kept;
  }

  void closeAll() {
    current.forEach(ManagedEndpoint::close);
    retiring.forEach(ManagedEndpoint::close);
    byId.clear();
    current = List.of();
    retiring = new ArrayList<>();
  }
}
