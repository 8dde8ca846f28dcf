package io.fairlead.samples.quickstart;

import io.fairlead.client.RpcChannel;
import io.fairlead.registry.etcd.EtcdRegistry;
import io.fairlead.samples.quickstart.vision.ClassifierAsync;
import io.fairlead.samples.quickstart.vision.ClassifierRpc;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Three instances, a steady client, and everything that goes wrong in a week within a minute. Exits
 * with 0 only if no call failed.
 */
final class Quickstart {
  static final String SERVICE = "vision.v1.Classifier";

  public static void main(String[] args) throws InterruptedException {
    Options options;
    try {
      options = Options.parse(args);
    } catch (IllegalArgumentException e) {
      System.err.println(e.getMessage());
      System.exit(2);
      return;
    }
    System.exit(run(options) ? 0 : 1);
  }

  private static boolean run(Options options) throws InterruptedException {
    // The marks are not ASCII, and a fresh machine may have no locale.
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    Screen screen = new Screen(out, options.plain());
    ScreenLog.to(screen);
    Path logs = Path.of(System.getProperty("sample.logs", "target/logs"));
    try (Store store = Store.open(options.etcd());
        Fleet fleet = new Fleet(store.url(), logs);
        EtcdRegistry registry = EtcdRegistry.connect(store.url());
        RpcChannel channel = RpcChannel.to("etcd:///" + SERVICE).registry(registry).build()) {
      Runtime.getRuntime().addShutdownHook(new Thread(fleet::close, "fleet-end"));
      Stats stats = new Stats();
      try (LiveTable table = new LiveTable(stats, fleet, screen, registry)) {
        ClassifierAsync classifier = ClassifierRpc.asyncClient(channel);
        Scenario scenario =
            new Scenario(store, fleet, new Load(classifier, stats), stats, table, screen);
        boolean kept = scenario.play();
        if (options.stay() && kept) {
          new Load(classifier, stats).start();
          scenario.stay();
        }
        return kept;
      }
    }
  }

  private Quickstart() {}
}
