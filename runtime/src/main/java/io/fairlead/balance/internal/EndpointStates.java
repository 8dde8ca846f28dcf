package io.fairlead.balance.internal;

import io.fairlead.balance.EndpointView;
import io.fairlead.balance.internal.algorithm.EndpointList;
import io.fairlead.internal.ImmutableArrayList;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which endpoints may take calls at one moment, worked out from all endpoints; and if none may,
 * why.
 *
 * <p>Immutable: the load balancer makes one after each change, in the synchronization context, and
 * a picker keeps it. The lists are shared with the states before where they come out alike. So a
 * comparison of two states is cheap, and balancers see from the identity of a list that their
 * tables still hold.
 *
 * @param usable endpoints that take calls
 * @param known endpoints in the list that want calls, whatever their state
 * @param reachable endpoints that could take a call that asks for them by name
 * @param connecting endpoints that have not yet been connected, nor failed to be
 * @param panicking whether ejection is ignored because too many would be out
 * @param why what to say when no endpoint is usable
 * @param waiting whether calls should wait because an endpoint may still turn out usable
 */
record EndpointStates(
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

  /** The states for a list that is empty, or was never received. */
  static EndpointStates empty(String why, boolean waiting) {
    return new EndpointStates(NOBODY, NOBODY, NOBODY, NOBODY, false, why, waiting);
  }

  /** Works out the states; the lists are the ones from before where they come out alike. */
  static EndpointStates of(
      String service,
      List<ManagedEndpoint> endpoints,
      double panicThreshold,
      EndpointStates before) {
    int most = endpoints.size();
    SharingListBuilder reachable = new SharingListBuilder(before.reachable, most);
    SharingListBuilder trusted = new SharingListBuilder(before.usable, most);
    SharingListBuilder known = new SharingListBuilder(before.known, most);
    SharingListBuilder connecting = new SharingListBuilder(before.connecting, most);
    int ready = 0;
    for (ManagedEndpoint managed : endpoints) {
      EndpointHandle view = managed.handle();
      boolean up = managed.isReady();
      if (up) {
        reachable.add(view);
      } else if (!managed.hasAttemptedConnect()) {
        connecting.add(view);
      }
      if (managed.acceptsNewCalls()) {
        known.add(view);
        if (up) {
          ready++;
          if (managed.isTrusted()) {
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
      usable = ready(endpoints, before.usable);
    }
    List<ManagedEndpoint> failing = ready > 0 ? List.of() : failing(endpoints);
    boolean waiting = ready == 0 && failing.size() < known.size();
    return new EndpointStates(
        usable,
        known.list(),
        reachable.list(),
        connecting.list(),
        panicking,
        ready > 0 ? "" : why(service, endpoints, known.size(), failing, waiting),
        waiting);
  }

  /** Tells whether so few endpoints are trusted that ejection is to be ignored. */
  static boolean tooFew(int trusted, int known, double panicThreshold) {
    return trusted == 0 || trusted < panicThreshold * known;
  }

  /**
   * The states after a change of one endpoint, found without a look at the others; null if it
   * depends on them.
   */
  @Nullable EndpointStates withChanges(ManagedEndpoint changed, double panicThreshold) {
    EndpointHandle view = changed.handle();
    boolean up = changed.isReady();
    ImmutableArrayList<EndpointView> next = with(usable, view, changed.isTrusted());
    if (panicking || tooFew(next.size(), known.size(), panicThreshold)) {
      return null;
    }
    return new EndpointStates(
        next,
        known,
        with(reachable, view, up),
        with(connecting, view, !up && !changed.hasAttemptedConnect()),
        false,
        "",
        false);
  }

  /** The list with an endpoint in it, at its position, or without it. */
  private static ImmutableArrayList<EndpointView> with(
      ImmutableArrayList<EndpointView> list, EndpointHandle view, boolean wanted) {
    EndpointView[] all = EndpointList.array(list);
    int at = indexOf(all, view.managedEndpoint().position());
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

  /** The index of the first whose position in the whole list is not before this one. */
  private static int indexOf(EndpointView[] all, int position) {
    int low = 0;
    int high = all.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (((EndpointHandle) all[middle]).managedEndpoint().position() < position) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  private static ImmutableArrayList<EndpointView> ready(
      List<ManagedEndpoint> endpoints, ImmutableArrayList<EndpointView> before) {
    SharingListBuilder ready = new SharingListBuilder(before, endpoints.size());
    for (ManagedEndpoint managed : endpoints) {
      if (managed.acceptsNewCalls() && managed.isReady()) {
        ready.add(managed.handle());
      }
    }
    return ready.list();
  }

  private static List<ManagedEndpoint> failing(List<ManagedEndpoint> endpoints) {
    List<ManagedEndpoint> failing = new ArrayList<>();
    for (ManagedEndpoint managed : endpoints) {
      if (managed.acceptsNewCalls() && managed.isFailing()) {
        failing.add(managed);
      }
    }
    return failing;
  }

  /** Whether picks from here and from there come out alike. */
  boolean sameAs(@Nullable EndpointStates other) {
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

  /** Says in one sentence why no endpoint takes calls, with a few examples of what is wrong. */
  private static String why(
      String service,
      List<ManagedEndpoint> endpoints,
      int known,
      List<ManagedEndpoint> failing,
      boolean waiting) {
    int total = endpoints.size();
    int silent = waiting ? silent(endpoints) : 0;
    StringBuilder text = new StringBuilder();
    if (total == 1) {
      text.append("the only endpoint of ").append(service);
      text.append(
          silent > 0
              ? " does not answer"
              : waiting ? " is not connected yet" : " cannot take calls");
    } else {
      text.append("none of the ").append(total).append(" endpoints of ").append(service);
      text.append(silent > 0 ? " answers" : waiting ? " is connected yet" : " can take calls");
    }
    if (known < total) {
      text.append("; ").append(total - known).append(" draining or of weight 0");
    }
    if (silent > 0) {
      text.append("; ").append(silent).append(" silent: no ping is answered");
    }
    if (!failing.isEmpty()) {
      text.append("; ").append(failing.size()).append(" failing, e.g. ");
      for (int i = 0; i < Math.min(EXAMPLES, failing.size()); i++) {
        text.append(i == 0 ? "" : ", ").append(failing.get(i)).append(": ");
        text.append(whyUnreachable(failing.get(i)));
      }
    }
    return text.toString();
  }

  private static int silent(List<ManagedEndpoint> endpoints) {
    int silent = 0;
    for (ManagedEndpoint managed : endpoints) {
      silent += managed.isSilent() ? 1 : 0;
    }
    return silent;
  }

  /** Says why an endpoint cannot be reached; any thread. */
  static String whyUnreachable(ManagedEndpoint managed) {
    Status error = managed.error();
    return error == null ? "not connected" : ConnectFailureText.of(error, managed::credentials);
  }
}
