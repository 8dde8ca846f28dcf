package io.fairlead.registry.etcd;

import io.fairlead.discovery.Endpoint;
import io.fairlead.discovery.Resolution;
import io.fairlead.discovery.Resolution.Freshness;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** An observer that remembers. */
final class RecordedResolutions implements Consumer<Resolution> {
  private final List<Resolution> all = new CopyOnWriteArrayList<>();

  @Override
  public void accept(Resolution resolution) {
    all.add(resolution);
  }

  List<Resolution> all() {
    return all;
  }

  Resolution last() {
    return all.get(all.size() - 1);
  }

  boolean any() {
    return !all.isEmpty();
  }

  /** The ids in the last list; empty if there is none. */
  List<String> ids() {
    return any() ? ids(last()) : List.of();
  }

  /** Those in the last list; empty if there is none. */
  List<Endpoint> endpoints() {
    return any() && last() instanceof Resolution.Bound bound
        ? bound.snapshot().endpoints()
        : List.of();
  }

  static List<String> ids(Resolution resolution) {
    return resolution instanceof Resolution.Bound bound
        ? bound.snapshot().endpoints().stream().map(Endpoint::id).toList()
        : List.of();
  }

  boolean bound(Freshness freshness) {
    return any() && last() instanceof Resolution.Bound bound && bound.freshness() == freshness;
  }

  boolean absent() {
    return any() && last() instanceof Resolution.Absent;
  }

  /** Why there is no list, or an empty text. */
  String failure() {
    return any() && last() instanceof Resolution.Failed failed ? failed.reason() : "";
  }

  static boolean isPreserved(Resolution resolution) {
    return resolution instanceof Resolution.Bound bound && bound.freshness() == Freshness.PRESERVED;
  }

  /** The endpoint with this id in the last list. */
  Endpoint endpoint(String id) {
    return ((Resolution.Bound) last())
        .snapshot().endpoints().stream()
            .filter(endpoint -> endpoint.id().equals(id))
            .findFirst()
            .orElseThrow();
  }
}
