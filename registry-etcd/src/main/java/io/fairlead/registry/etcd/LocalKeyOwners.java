package io.fairlead.registry.etcd;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The registrations of one registry. All hang on one lease, so etcd cannot tell two of one key
 * apart: one of them owns the key here. As between processes, it is the last to come, unless it
 * wants the key exclusively. Used on the loop alone.
 */
final class LocalKeyOwners {
  private final List<EtcdRegistration> all = new ArrayList<>();

  void add(EtcdRegistration registration) {
    EtcdRegistration before = otherActive(registration);
    all.add(registration);
    if (before == null) {
      registration.claimKey();
    } else if (before.leaving() || registration.exclusive()) {
      registration.waitForKey();
    } else {
      before.yieldKey();
      registration.claimKey();
    }
  }

  /** It has left, with its entry; the last of those that wait goes on. */
  void remove(EtcdRegistration registration) {
    all.remove(registration);
    if (otherActive(registration) != null) {
      return;
    }
    for (int i = all.size() - 1; i >= 0; i--) {
      EtcdRegistration next = all.get(i);
      if (next.sharesKey(registration) && !next.leaving()) {
        next.claimKey();
        return;
      }
    }
  }

  private @Nullable EtcdRegistration otherActive(EtcdRegistration registration) {
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
