package io.fairlead.balance;

import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The state of affairs at one moment, worked out from the members: who may take calls, and if
 * nobody, why.
 *
 * @param usable who takes calls
 * @param known who is in the list and wants calls, whatever its state
 * @param why what to say when nobody is usable
 * @param waiting whether calls should wait because somebody may still turn out usable
 */
record Roster(List<EndpointView> usable, List<EndpointView> known, String why, boolean waiting) {
  private static final int EXAMPLES = 3;

  /** A roster for a list that is empty, or was never had. */
  static Roster empty(String why, boolean waiting) {
    return new Roster(List.of(), List.of(), why, waiting);
  }

  /** Works out the roster. */
  static Roster of(String service, Iterable<Member> members) {
    List<EndpointView> usable = new ArrayList<>();
    List<EndpointView> known = new ArrayList<>();
    List<Member> failing = new ArrayList<>();
    int leaving = 0;
    int total = 0;
    for (Member member : members) {
      total++;
      MemberView view = member.view();
      if (view.endpoint().draining() || view.weight() == 0) {
        leaving++;
        continue;
      }
      known.add(view);
      if (member.isReady()) {
        usable.add(view);
      } else if (member.isFailing()) {
        failing.add(member);
      }
    }
    if (!usable.isEmpty()) {
      return new Roster(usable, known, "", false);
    }
    boolean waiting = failing.size() < known.size();
    return new Roster(usable, known, why(service, total, leaving, failing, waiting), waiting);
  }

  /** Whether picks from here and from there come out alike. */
  boolean sameAs(@Nullable Roster other) {
    return other != null
        && usable.equals(other.usable)
        && known.equals(other.known)
        && waiting == other.waiting
        && why.equals(other.why);
  }

  Status status() {
    return Status.UNAVAILABLE.withDescription(why);
  }

  private static String why(
      String service, int total, int leaving, List<Member> failing, boolean waiting) {
    StringBuilder text = new StringBuilder();
    text.append("none of the ").append(total).append(" endpoints of ").append(service);
    text.append(waiting ? " is connected yet" : " can take calls");
    if (leaving > 0) {
      text.append("; ").append(leaving).append(" draining or of weight 0");
    }
    if (!failing.isEmpty()) {
      text.append("; ").append(failing.size()).append(" failing, e.g. ");
      for (int i = 0; i < Math.min(EXAMPLES, failing.size()); i++) {
        Status error = failing.get(i).error();
        text.append(i == 0 ? "" : ", ").append(failing.get(i)).append(": ");
        text.append(error == null ? "not serving" : describe(error));
      }
    }
    return text.toString();
  }

  private static String describe(Status error) {
    Throwable cause = error.getCause();
    return cause != null && cause.getMessage() != null
        ? cause.getMessage()
        : error.getDescription() != null ? error.getDescription() : error.getCode().toString();
  }
}
