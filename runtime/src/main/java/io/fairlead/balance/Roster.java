package io.fairlead.balance;

import io.grpc.Status;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The state of affairs at one moment, worked out from the members: who may take calls, and if
 * nobody, why.
 *
 * @param usable who takes calls
 * @param known who is in the list and wants calls, whatever its state
 * @param reachable who could take a call that asks for it by name
 * @param connecting those that have not yet been connected, nor failed to be
 * @param panicking whether ejection is ignored because too many would be out
 * @param why what to say when nobody is usable
 * @param waiting whether calls should wait because somebody may still turn out usable
 */
record Roster(
    ImmutableArrayList<EndpointView> usable,
    ImmutableArrayList<EndpointView> known,
    ImmutableArrayList<EndpointView> reachable,
    ImmutableArrayList<EndpointView> connecting,
    boolean panicking,
    String why,
    boolean waiting) {
  private static final int EXAMPLES = 3;
  private static final ImmutableArrayList<EndpointView> NOBODY =
      ImmutableArrayList.of(new EndpointView[0]);

  /** A roster for a list that is empty, or was never had. */
  static Roster empty(String why, boolean waiting) {
    return new Roster(NOBODY, NOBODY, NOBODY, NOBODY, false, why, waiting);
  }

  /** Works out the roster; its lists are the ones from before where they come out alike. */
  static Roster of(String service, List<Member> members, double panicThreshold, Roster before) {
    int most = members.size();
    SameOrNew reachable = new SameOrNew(before.reachable, most);
    SameOrNew trusted = new SameOrNew(before.usable, most);
    SameOrNew known = new SameOrNew(before.known, most);
    SameOrNew connecting = new SameOrNew(before.connecting, most);
    int ready = 0;
    for (Member member : members) {
      MemberView view = member.view();
      boolean up = member.isReady();
      if (up) {
        reachable.add(view);
      } else if (!member.isSettled()) {
        connecting.add(view);
      }
      if (member.wantsCalls()) {
        known.add(view);
        if (up) {
          ready++;
          if (!member.ejection().isEjected()) {
            trusted.add(view);
          }
        }
      }
    }
    ImmutableArrayList<EndpointView> usable = trusted.list();
    // Ejection is a guess; when it would take most of them out, the guess is worth nothing.
    boolean panicking =
        usable.size() < ready && tooFew(usable.size(), known.size(), panicThreshold);
    if (panicking) {
      usable = ready(members, before.usable);
    }
    List<Member> failing = ready > 0 ? List.of() : failing(members);
    boolean waiting = ready == 0 && failing.size() < known.size();
    return new Roster(
        usable,
        known.list(),
        reachable.list(),
        connecting.list(),
        panicking,
        ready > 0 ? "" : why(service, most, known.size(), failing, waiting),
        waiting);
  }

  private static boolean tooFew(int trusted, int known, double panicThreshold) {
    return trusted == 0 || trusted < panicThreshold * known;
  }

  /**
   * The roster after a change of one member, found without a look at the others; null if it depends
   * on them.
   */
  @Nullable Roster after(Member changed, double panicThreshold) {
    MemberView view = changed.view();
    boolean up = changed.isReady();
    boolean trusted = up && changed.wantsCalls() && !changed.ejection().isEjected();
    ImmutableArrayList<EndpointView> next = with(usable, view, trusted);
    if (panicking || tooFew(next.size(), known.size(), panicThreshold)) {
      return null;
    }
    return new Roster(
        next,
        known,
        with(reachable, view, up),
        with(connecting, view, !up && !changed.isSettled()),
        false,
        "",
        false);
  }

  /** The list with a member in it, at its place, or without it. */
  private static ImmutableArrayList<EndpointView> with(
      ImmutableArrayList<EndpointView> list, MemberView view, boolean wanted) {
    EndpointView[] all = EndpointList.array(list);
    int at = placeFor(all, view.member().place());
    boolean there = at < all.length && all[at] == view;
    if (there == wanted) {
      return list;
    }
    EndpointView[] next = new EndpointView[all.length + (wanted ? 1 : -1)];
    System.arraycopy(all, 0, next, 0, at);
    if (wanted) {
      next[at] = view;
      System.arraycopy(all, at, next, at + 1, all.length - at);
    } else {
      System.arraycopy(all, at + 1, next, at, next.length - at);
    }
    return ImmutableArrayList.of(next);
  }

  /** Where the first stands whose place in the whole list is not before this one. */
  private static int placeFor(EndpointView[] all, int place) {
    int low = 0;
    int high = all.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (((MemberView) all[middle]).member().place() < place) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  private static ImmutableArrayList<EndpointView> ready(
      List<Member> members, ImmutableArrayList<EndpointView> before) {
    SameOrNew ready = new SameOrNew(before, members.size());
    for (Member member : members) {
      if (member.wantsCalls() && member.isReady()) {
        ready.add(member.view());
      }
    }
    return ready.list();
  }

  private static List<Member> failing(List<Member> members) {
    return members.stream().filter(m -> m.wantsCalls() && m.isFailing()).toList();
  }

  /** Whether picks from here and from there come out alike. */
  boolean sameAs(@Nullable Roster other) {
    return other != null
        && usable.equals(other.usable)
        && known.equals(other.known)
        && reachable.equals(other.reachable)
        && connecting.equals(other.connecting)
        && panicking == other.panicking
        && why.equals(other.why)
        && waiting == other.waiting;
  }

  Status status() {
    return Status.UNAVAILABLE.withDescription(why);
  }

  private static String why(
      String service, int total, int known, List<Member> failing, boolean waiting) {
    StringBuilder text = new StringBuilder();
    text.append("none of the ").append(total).append(" endpoints of ").append(service);
    text.append(waiting ? " is connected yet" : " can take calls");
    if (known < total) {
      text.append("; ").append(total - known).append(" draining or of weight 0");
    }
    if (!failing.isEmpty()) {
      text.append("; ").append(failing.size()).append(" failing, e.g. ");
      for (int i = 0; i < Math.min(EXAMPLES, failing.size()); i++) {
        Status error = failing.get(i).error();
        text.append(i == 0 ? "" : ", ").append(failing.get(i)).append(": ");
        text.append(error == null ? "not connected" : describe(error));
      }
    }
    return text.toString();
  }

  private static String describe(Status error) {
    Throwable cause = error.getCause();
    if (cause == null || cause.getMessage() == null) {
      return error.getDescription() != null ? error.getDescription() : error.getCode().toString();
    }
    // Netty's own words go on with the bytes that came.
    return cause.getMessage().startsWith("not an SSL/TLS record")
        ? "it does not speak TLS; give the server a certificate, or the channel no TLS credentials"
        : cause.getMessage();
  }
}
