package io.fairlead.balance;

import java.util.Arrays;
import java.util.List;

/**
 * Points on a ring, a fixed number for each endpoint by its own weight alone, so that the points of
 * one never move because of another. Immutable.
 */
final class HashRing {
  /** The low bits of a point hold whose it is, so that one array is sorted and searched. */
  private static final int OWNER_BITS = 20;

  private static final long OWNER_MASK = (1L << OWNER_BITS) - 1;

  private final long[] points;

  HashRing(List<EndpointView> endpoints, int pointsPerEndpoint) {
    if (endpoints.size() > OWNER_MASK) {
      throw new IllegalArgumentException(
          "consistent_hash takes at most " + OWNER_MASK + " endpoints; use a subset");
    }
    long[] all = new long[endpoints.size() * pointsPerEndpoint];
    int used = 0;
    for (int owner = 0; owner < endpoints.size(); owner++) {
      EndpointView endpoint = endpoints.get(owner);
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
    points = Arrays.copyOf(all, used);
    Arrays.sort(points);
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
