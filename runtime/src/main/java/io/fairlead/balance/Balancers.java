package io.fairlead.balance;

import java.util.Map;
import java.util.ServiceLoader;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;

/** The balancers that can be asked for by name. */
public final class Balancers {
  private static final Map<String, BalancerFactory> BY_NAME = new ConcurrentHashMap<>();

  static {
    for (String name : BuiltIn.NAMES) {
      BY_NAME.put(name, new BuiltIn(name));
    }
    for (BalancerFactory factory : ServiceLoader.load(BalancerFactory.class)) {
      register(factory);
    }
  }

  private Balancers() {}

  /** Makes a balancer known under its name, for the whole process. */
  public static void register(BalancerFactory factory) {
    BalancerFactory before = BY_NAME.putIfAbsent(factory.name(), factory);
    if (before != null && before != factory) {
      throw new IllegalArgumentException(
          "A balancer named \""
              + factory.name()
              + "\" is there already: "
              + before
              + "; give "
              + factory
              + " another name");
    }
  }

  /**
   * Checks that a balancer of this name is known and takes these parameters.
   *
   * @throws IllegalArgumentException if not; the message lists what is known
   */
  public static void check(BalancerSpec spec) {
    if (isOurs(spec.name())) {
      create(spec);
    } else {
      StockBalancer.check(spec);
    }
  }

  /** Whether the name is not left to grpc-java. */
  static boolean isOurs(String name) {
    return BY_NAME.containsKey(name);
  }

  /** Whether somebody has a balancer of this name, we or grpc-java. */
  static boolean isKnown(String name) {
    return isOurs(name) || StockBalancer.find(name) != null;
  }

  /** Makes the balancer. */
  static Balancer create(BalancerSpec spec) {
    BalancerFactory factory = BY_NAME.get(spec.name());
    if (factory == null) {
      throw unknown(spec.name());
    }
    Params params = new Params(spec.name(), spec.config());
    Balancer balancer = factory.create(params);
    params.done();
    return balancer;
  }

  static IllegalArgumentException unknown(String name) {
    return new IllegalArgumentException(
        "No balancer is named \""
            + name
            + "\"; known are "
            + String.join(", ", new TreeSet<>(BY_NAME.keySet()))
            + ", those found by ServiceLoader as "
            + BalancerFactory.class.getName()
            + ", and every LoadBalancerProvider of grpc-java's by its policy name, \"grpc:\" in front"
            + " where the name is also one of these");
  }
}
