package io.fairlead.balance;

import io.fairlead.discovery.Endpoint;
import io.grpc.EquivalentAddressGroup;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The members of one channel: those in the list, and those of the list before that serve on. In the
 * synchronization context.
 */
final class Members {
  private final Shared shared;
  private final Map<String, Member> byId = new HashMap<>();
  private List<Member> listed = List.of();
  private List<Member> retiring = new ArrayList<>();
  private boolean hadList;
  private int round;

  Members(Shared shared) {
    this.shared = shared;
  }

  /** Those in the list, in its order. */
  List<Member> listed() {
    return listed;
  }

  /** Whether there has been a list that was not empty. */
  boolean hadList() {
    return hadList;
  }

  /** Whether somebody who left the list serves on. */
  boolean hasRetiring() {
    return !retiring.isEmpty();
  }

  /** Whether it is in the list now: one that has left has no place among the others. */
  boolean lists(Member member) {
    return byId.get(member.view().id()) == member;
  }

  /** Takes in a list that is not empty; of several entries with one id the first counts. */
  void accept(List<EquivalentAddressGroup> groups) {
    round++;
    List<Member> next = new ArrayList<>(groups.size());
    List<Member> added = new ArrayList<>();
    for (EquivalentAddressGroup group : groups) {
      Endpoint endpoint = EndpointAttributes.fromGroup(group);
      Member member = byId.get(endpoint.id());
      if (member != null && member.isOf(round)) {
        continue;
      }
      if (member != null && member.livesAt(group)) {
        member.update(endpoint, group);
      } else {
        if (member != null) {
          retiring.add(member);
        }
        member = join(endpoint, group);
        added.add(member);
      }
      member.place(next.size(), round);
      next.add(member);
    }
    if (byId.size() > next.size()) {
      for (Member member : listed) {
        if (!member.isOf(round) && byId.remove(member.view().id(), member)) {
          retiring.add(member);
        }
      }
    }
    listed = next;
    hadList = true;
    added.forEach(Member::connect);
  }

  private Member join(Endpoint endpoint, EquivalentAddressGroup group) {
    Member member = new Member(endpoint, group, shared);
    beginWarm(member, endpoint);
    byId.put(endpoint.id(), member);
    return member;
  }

  /** One that joins a list that was there is new; in a first list only its own word counts. */
  private void beginWarm(Member member, Endpoint endpoint) {
    long now = shared.nanoTime();
    if (endpoint.startedAt().toEpochMilli() > 0) {
      long wallNow = shared.surroundings().wallMillis().getAsLong();
      long age = Math.max(0, wallNow - endpoint.startedAt().toEpochMilli());
      member.warmUp(now - TimeUnit.MILLISECONDS.toNanos(age));
    } else if (hadList) {
      member.warmUp(now);
    }
  }

  /** Those in the list, and those before it that serve on. */
  List<Member> serving() {
    if (retiring.isEmpty()) {
      return listed;
    }
    List<Member> all = new ArrayList<>(listed);
    for (Member member : retiring) {
      if (member.isReady()) {
        all.add(member);
      }
    }
    return all;
  }

  /**
   * Members that are gone from the list serve on until half of the new list is connected, or all of
   * it has been tried and somebody is: a connection that works is not given up for none.
   */
  void retireIfReplaced() {
    if (retiring.isEmpty()) {
      return;
    }
    int ready = 0;
    int settled = 0;
    for (Member member : listed) {
      ready += member.isReady() ? 1 : 0;
      settled += member.isSettled() ? 1 : 0;
    }
    boolean replaced = ready * 2 >= listed.size() || (settled == listed.size() && ready > 0);
    List<Member> kept = new ArrayList<>();
    for (Member member : retiring) {
      if (replaced || !member.isReady()) {
        member.close();
      } else {
        kept.add(member);
      }
    }
    retiring = kept;
  }

  void closeAll() {
    listed.forEach(Member::close);
    retiring.forEach(Member::close);
    byId.clear();
    listed = List.of();
    retiring = new ArrayList<>();
  }
}
