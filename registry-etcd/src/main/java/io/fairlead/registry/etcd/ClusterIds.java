package io.fairlead.registry.etcd;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which cluster each endpoint belongs to, as far as is known. The cluster with the most endpoints
 * is used; of two with as many, the one whose endpoint is named first, so that all processes with
 * the same endpoints decide alike.
 */
final class ClusterIds {
  private final List<String> endpoints;
  private final Map<String, Long> ids = new HashMap<>();

  ClusterIds(List<String> endpoints) {
    this.endpoints = endpoints.stream().distinct().toList();
  }

  void record(String endpoint, long id) {
    ids.put(endpoint, id);
  }

  /** It did not answer: what it said before may be of the past. */
  void forget(String endpoint) {
    ids.remove(endpoint);
  }

  /** The endpoints whose cluster is not known. */
  List<String> unknown() {
    return endpoints.stream().filter(one -> !ids.containsKey(one)).toList();
  }

  /** Whether an endpoint may be used, by what is known. */
  boolean usable(String endpoint) {
    Map<Long, List<String>> clusters = clusters();
    List<String> own = clusters.get(ids.get(endpoint));
    return own == null || own == largest(clusters);
  }

  /** What there is to say of several clusters, or null if there is one. */
  @Nullable String conflict() {
    Map<Long, List<String>> clusters = clusters();
    if (clusters.size() < 2) {
      return null;
    }
    List<String> used = largest(clusters);
    StringBuilder text = new StringBuilder("the endpoints are of different etcd clusters: ");
    clusters.forEach(
        (id, members) ->
            text.append(String.join(", ", members))
                .append(" of ")
                .append(Long.toHexString(id))
                .append(members == used ? " (used); " : " (not used); "));
    return text.append("name the endpoints of one cluster").toString();
  }

  private Map<Long, List<String>> clusters() {
    Map<Long, List<String>> clusters = new LinkedHashMap<>();
    for (String endpoint : endpoints) {
      Long id = ids.get(endpoint);
      if (id != null) {
        clusters.computeIfAbsent(id, key -> new ArrayList<>()).add(endpoint);
      }
    }
    return clusters;
  }

  /** The first of the largest. */
  private static List<String> largest(Map<Long, List<String>> clusters) {
    List<String> largest = List.of();
    for (List<String> members : clusters.values()) {
      if (members.size() > largest.size()) {
        largest = members;
      }
    }
    return largest;
  }
}
