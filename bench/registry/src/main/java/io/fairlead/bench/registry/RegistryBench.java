package io.fairlead.bench.registry;

import io.fairlead.testkit.EtcdRelease;
import io.fairlead.testkit.RealEtcd;
import java.io.PrintStream;
import java.util.List;

/** Prints what the registry costs on an etcd, one of its own unless an endpoint is given. */
public final class RegistryBench {
  private static final String ENDPOINT = "--endpoint=";
  private static final String QUICK = "--quick";

  private RegistryBench() {}

  /**
   * Options: {@code --quick}, {@code --endpoint=http://host:2379} of an etcd that may be filled.
   */
  public static void main(String[] args) {
    Sizes sizes = Sizes.FULL;
    String endpoint = "";
    for (String arg : args) {
      if (arg.equals(QUICK)) {
        sizes = Sizes.QUICK;
      } else if (arg.startsWith(ENDPOINT)) {
        endpoint = arg.substring(ENDPOINT.length());
      } else {
        System.err.println(
            "unknown option "
                + arg
                + "; known are "
                + List.of(QUICK, ENDPOINT + "http://host:2379"));
        System.exit(2);
      }
    }
    if (!endpoint.isEmpty()) {
      run(endpoint, sizes, System.out);
      return;
    }
    System.out.println("etcd " + EtcdRelease.INSTALLED.version() + ", started for this run");
    try (RealEtcd etcd = RealEtcd.start(EtcdRelease.INSTALLED)) {
      run(etcd.endpoint(), sizes, System.out);
    }
  }

  /** All measurements, one after the other. */
  static void run(String endpoint, Sizes sizes, PrintStream out) {
    new Visibility(endpoint, sizes, out).run();
    try (Filler filler = new Filler(endpoint)) {
      new ManyWatchers(endpoint, sizes, out).run(filler);
      out.println();
      new FirstSnapshot(endpoint, sizes, out).run(filler);
      new ChangeCost(endpoint, sizes, out).run(filler);
      new SteadyChanges(endpoint, sizes, out).run(filler);
    }
  }
}
