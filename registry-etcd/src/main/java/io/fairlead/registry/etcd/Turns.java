package io.fairlead.registry.etcd;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The registrations of one registry. All hang on one lease, so etcd cannot tell two of one key
 * apart: they take turns here. As between processes, the last to come has the key, unless it wants
 * it exclusively. Used on the loop alone.
 */
final class Turns {
  private final List<EtcdRegistration> all = new ArrayList<>();

  void enter(EtcdRegistration registration) {
    EtcdRegistration before = activeBeside(registration);
    all.add(registration);
    if (before == null) {
      registration.takeTurn();
    } else if (before.leaving() || registration.exclusive()) {
      registration.standBy();
    } else {
      before.standAside();
      registration.takeTurn();
    }
  }

  /** It has left, with its entry; the last of those that wait goes on. */
  void leave(EtcdRegistration registration) {
    all.remove(registration);
    if (activeBeside(registration) != null) {
      return;
    }
    for (int i = all.size() - 1; i >= 0; i--) {
      EtcdRegistration next = all.get(i);
      if (next.sharesKey(registration) && !next.leaving()) {
        next.takeTurn();
        return;
      }
    }
  }

  private @Nullable EtcdRegistration activeBeside(EtcdRegistration registration) {
    for (EtcdRegistration one : all) {
      if (one != registration && one.active() && one.sharesKey(registration)) {
        return one;
      }
    }
    return null;
  }

  /** In the order in which they came. */
  List<EtcdRegistration> all() {
    return List.copyOf(all);
  }
}
