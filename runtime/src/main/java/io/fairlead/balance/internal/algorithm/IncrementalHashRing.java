package io.fairlead.balance.internal.algorithm;

import io.fairlead.balance.Balancer;
import io.fairlead.balance.EndpointView;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a ring in step with the list of endpoints.
 *
 * <p>Each endpoint has a number for as long as its points are on the ring, so the points of all
 * others stay as they are when one comes or goes. An endpoint that leaves keeps its points at
 * first, and lookups skip them, so that its return costs nothing. Its points are removed with the
 * next change that needs a new ring, or when points of absent endpoints are more than a quarter of
 * the ring.
 *
 * <p>For one thread at a time: {@link ConsistentHashBalancer#picker} calls it, and hands only the
 * immutable ring and arrays to pickers.
 */
final class IncrementalHashRing {
  /**
   * Points of absent endpoints may be one in so many; above that, a new ring is made without them.
   */
  private static final int MAX_STALE_FRACTION = 4;

  private final int pointsOfHundred;
  private final Map<String, Slot> slots = new HashMap<>();
  private final ArrayDeque<Integer> freeNumbers = new ArrayDeque<>();
  private int numbersUsed;
  private List<EndpointView> currentList = List.of();
  private int[] numbers = new int[0];
  private @Nullable EndpointView[] endpointsByNumber = new EndpointView[0];

  /**
   * Whether two have one number: one that has moved is known twice until its new address is
   * connected.
   */
  private boolean hasDuplicateNumbers;

  private HashRing ring = HashRing.EMPTY;
  private int generation;

  /** An endpoint whose points are on the ring. It is stale if the last list did not have it. */
  private static final class Slot {
    final String id;
    final int number;
    final int weight;
    int lastGeneration;

    Slot(String id, int number, int weight) {
      this.id = id;
      this.number = number;
      this.weight = weight;
    }
  }

  IncrementalHashRing(int pointsOfHundred) {
    this.pointsOfHundred = pointsOfHundred;
  }

  HashRing ring() {
    return ring;
  }

  /**
   * Takes a new list, and makes a new ring if an endpoint or a weight is new, or too much is stale.
   */
  void update(List<EndpointView> known) {
    if (known == currentList) {
      return;
    }
    currentList = known;
    generation++;
    numbers = new int[known.size()];
    List<Integer> newIndexes = new ArrayList<>();
    int live = 0;
    for (int index = 0; index < numbers.length; index++) {
      EndpointView view = known.get(index);
      Slot slot = slots.get(view.id());
      if (slot != null && slot.weight == view.weight()) {
        live += slot.lastGeneration == generation ? 0 : points(slot.weight);
        slot.lastGeneration = generation;
        numbers[index] = slot.number;
      } else {
        newIndexes.add(index);
      }
    }
    if (!newIndexes.isEmpty() || (ring.size() - live) * MAX_STALE_FRACTION > ring.size()) {
      long[] left = points(removeStaleSlots());
      ring = ring.changed(left, points(add(newIndexes)));
    }
    endpointsByNumber = new EndpointView[numbersUsed];
    hasDuplicateNumbers = false;
    for (int index = 0; index < numbers.length; index++) {
      hasDuplicateNumbers |= endpointsByNumber[numbers[index]] != null;
      endpointsByNumber[numbers[index]] = known.get(index);
    }
  }

  private int points(int weight) {
    return HashRing.count(weight, pointsOfHundred);
  }

  private long[] points(List<Slot> of) {
    long[] points = new long[of.stream().mapToInt(slot -> points(slot.weight)).sum()];
    int used = 0;
    for (Slot slot : of) {
      HashRing.write(slot.id, slot.number, points, used, points(slot.weight));
      used += points(slot.weight);
    }
    return points;
  }

  /** Takes out the slots that the present list does not have. Their numbers can be given again. */
  private List<Slot> removeStaleSlots() {
    List<Slot> left = new ArrayList<>();
    for (Iterator<Slot> all = slots.values().iterator(); all.hasNext(); ) {
      Slot slot = all.next();
      if (slot.lastGeneration != generation) {
        left.add(slot);
        freeNumbers.add(slot.number);
        all.remove();
      }
    }
    return left;
  }

  private List<Slot> add(List<Integer> indexes) {
    List<Slot> added = new ArrayList<>();
    for (int index : indexes) {
      EndpointView view = currentList.get(index);
      Slot slot = slots.get(view.id());
      // One that has moved is in the list twice until its new address is connected.
      if (slot == null) {
        Integer free = freeNumbers.poll();
        slot = new Slot(view.id(), free == null ? nextNumber() : free, view.weight());
        slot.lastGeneration = generation;
        slots.put(slot.id, slot);
        added.add(slot);
      }
      numbers[index] = slot.number;
    }
    return added;
  }

  private int nextNumber() {
    if (numbersUsed > HashRing.MAX_POINTS) {
      throw new IllegalArgumentException(
          "consistent_hash takes at most " + HashRing.MAX_POINTS + " endpoints; use a subset");
    }
    return numbersUsed++;
  }

  /** Returns the usable ones by their numbers on the ring; null where none may take a call. */
  @Nullable EndpointView[] byNumber(Balancer.Candidates candidates) {
    EndpointView[] known = EndpointList.array(candidates.known());
    EndpointView[] usable = EndpointList.array(candidates.usable());
    @Nullable EndpointView[] byNumber = endpointsByNumber.clone();
    int next = 0;
    for (int index = 0; index < known.length; index++) {
      EndpointView view = known[index];
      if (next < usable.length && view == usable[next]) {
        next++;
        if (hasDuplicateNumbers) {
          byNumber[numbers[index]] = view;
        }
      } else if (byNumber[numbers[index]] == view) {
        byNumber[numbers[index]] = null;
      }
    }
    EndpointList.checkAllFound(next, usable);
    return byNumber;
  }
}
