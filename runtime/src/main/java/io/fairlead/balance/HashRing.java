package io.fairlead.balance;

import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Points on a ring, a fixed number for each endpoint by its own weight alone, so that the points of
 * one never move because of another. Immutable.
 */
final class HashRing {
  /** The low bits of a point hold whose it is, so that one array is sorted and searched. */
  private static final int OWNER_BITS = 20;

  private static final long OWNER_MASK = (1L << OWNER_BITS) - 1;

  private final long[] points;

  private HashRing(long[] points) {
    this.points = points;
  }

  static HashRing of(List<EndpointView> endpoints, int pointsPerEndpoint) {
    return new HashRing(of(endpoints, List.of(), pointsPerEndpoint));
  }

  /**
   * The ring of another list, made from this one: the points of who stays are taken over in their
   * order, so only those of new endpoints have to be worked out and sorted.
   *
   * @param before the list that this ring was made of
   */
  HashRing next(List<EndpointView> before, List<EndpointView> endpoints, int pointsPerEndpoint) {
    Map<String, Integer> numbers = new HashMap<>();
    for (int i = 0; i < endpoints.size(); i++) {
      numbers.put(endpoints.get(i).id(), i);
    }
    int[] moved = new int[before.size()];
    Set<EndpointView> stay = new HashSet<>();
    for (int i = 0; i < moved.length; i++) {
      int number = numbers.getOrDefault(before.get(i).id(), -1);
      boolean stays = number >= 0 && endpoints.get(number).weight() == before.get(i).weight();
      moved[i] = stays ? number : -1;
      if (stays) {
        stay.add(endpoints.get(number));
      }
    }
    return new HashRing(merge(moved, of(endpoints, stay, pointsPerEndpoint)));
  }

  private long[] merge(int[] moved, long[] added) {
    long[] merged = new long[points.length + added.length];
    int used = 0;
    int next = 0;
    for (long point : points) {
      int owner = moved[(int) (point & OWNER_MASK)];
      if (owner < 0) {
        continue;
      }
      long kept = (point & ~OWNER_MASK) | owner;
      while (next < added.length && added[next] < kept) {
        merged[used++] = added[next++];
      }
      merged[used++] = kept;
    }
    while (next < added.length) {
      merged[used++] = added[next++];
    }
    long[] exact = Arrays.copyOf(merged, used);
    // Two points at one place stand in the order of their owners' numbers, which may have changed.
    for (int i = 1; i < used; i++) {
      if (exact[i] < exact[i - 1]) {
        Arrays.sort(exact);
        break;
      }
    }
    return exact;
  }

  /** The sorted points of a list, without those of some. */
  private static long[] of(
      List<EndpointView> endpoints, Collection<EndpointView> without, int pointsPerEndpoint) {
    if (endpoints.size() > OWNER_MASK) {
      throw new IllegalArgumentException(
          "consistent_hash takes at most " + OWNER_MASK + " endpoints; use a subset");
    }
    long[] all = new long[(endpoints.size() - without.size()) * pointsPerEndpoint];
    int used = 0;
    for (int owner = 0; owner < endpoints.size(); owner++) {
      EndpointView endpoint = endpoints.get(owner);
      if (without.contains(endpoint)) {
        continue;
      }
      long share = Math.round((double) pointsPerEndpoint * endpoint.weight() / 100);
      int count = (int) Math.max(1, Math.min(share, 10L * pointsPerEndpoint));
      if (used + count > all.length) {
        all = Arrays.copyOf(all, Math.max(used + count, all.length * 2));
      }
      long seed = KeyHash.ofText(endpoint.id());
      for (int i = 0; i < count; i++) {
        seed += KeyHash.GOLDEN_GAMMA;
        all[used++] = (KeyHash.mix(seed) & ~OWNER_MASK) | owner;
      }
    }
    long[] points = Arrays.copyOf(all, used);
    Arrays.sort(points);
    return points;
  }

  /** The place of the first point at or after the key. */
  int placeOf(long key) {
    int found = Arrays.binarySearch(points, key & ~OWNER_MASK);
    int place = found >= 0 ? found : -found - 1;
    return place == points.length ? 0 : place;
  }

  int next(int place) {
    return place + 1 == points.length ? 0 : place + 1;
  }

  /** The number in the list of the endpoint whose point is at a place. */
  int ownerAt(int place) {
    return (int) (points[place] & OWNER_MASK);
  }

  int size() {
    return points.length;
  }
}
