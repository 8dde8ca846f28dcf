package io.fairlead.balance;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The balancers that can be asked for by name, those that come with the runtime and those of the
 * application.
 *
 * <p>A balancer of the application becomes known through {@link #register}, or by its name in
 * {@code META-INF/services}. The names of the runtime's own cannot be taken. Safe for use by many
 * threads.
 */
public final class Balancers {
  /** The names of the balancers that come with the runtime. */
  public static final List<String> BUILT_IN =
      List.of(
          "pick_first",
          "round_robin",
          "randomized_round_robin",
          "weighted_round_robin",
          "random",
          "weighted_random",
          "least_request",
          "least_connections",
          "peak_ewma",
          "consistent_hash",
          "maglev",
          "sticky");

  /** Those of the application; looked for when a name is not built in. */
  private static final class Registered {
    static final Map<String, BalancerFactory> BY_NAME = new ConcurrentHashMap<>();

    static {
      for (BalancerFactory factory : ServiceLoader.load(BalancerFactory.class)) {
        add(factory);
      }
    }

    static void add(BalancerFactory factory) {
      String name = factory.name();
      Object before = BUILT_IN.contains(name) ? "built in" : BY_NAME.putIfAbsent(name, factory);
      if (before != null && before != factory) {
        throw new IllegalArgumentException(
            "A balancer named \"%s\" is there already: %s; give %s another name"
                .formatted(name, before, factory));
      }
    }
  }

  private Balancers() {}

  /** Makes a balancer known under its name, for the whole process. */
  public static void register(BalancerFactory factory) {
    Registered.add(factory);
  }

  /** Returns the factory that was registered under a name; empty for one that is built in. */
  public static Optional<BalancerFactory> registered(String name) {
    return Optional.ofNullable(Registered.BY_NAME.get(name));
  }

  /** Returns every name that is known, built in or registered. */
  public static SortedSet<String> names() {
    SortedSet<String> names = new TreeSet<>(Registered.BY_NAME.keySet());
    names.addAll(BUILT_IN);
    return names;
  }
}
