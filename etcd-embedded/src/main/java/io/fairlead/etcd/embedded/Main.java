package io.fairlead.etcd.embedded;

import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/** An etcd for development, as a program of its own. */
public final class Main {
  private static final String USAGE =
      """
      java -jar fairlead-etcd-embedded-<version>-all.jar [--host HOST] [--port PORT]
        --host HOST  where to listen; 127.0.0.1 if not stated. There is no authentication
        --port PORT  2379 if not stated; 0 is any free port
      An etcd for development: one process, everything in memory, gone when it ends.""";

  private String host = "127.0.0.1";
  private int port = 2379;

  private Main() {}

  /** Serves until it is told to end. */
  public static void main(String[] args) throws InterruptedException {
    Main wanted = new Main();
    Integer exit = wanted.read(args, System.out, System.err);
    if (exit != null) {
      System.exit(exit);
    }
    try {
      EmbeddedEtcd etcd = EmbeddedEtcd.builder().host(wanted.host).port(wanted.port).start();
      Runtime.getRuntime().addShutdownHook(new Thread(etcd::close, "etcd-close"));
    } catch (UncheckedIOException e) {
      System.err.println(e.getMessage());
      System.exit(1);
    }
    new CountDownLatch(1).await();
  }

  /** The exit code if there is nothing to serve, or null. */
  private @Nullable Integer read(String[] args, PrintStream out, PrintStream err) {
    for (int i = 0; i < args.length; i++) {
      String option = args[i];
      switch (option) {
        case "--help", "-h" -> {
          out.println(USAGE);
          return 0;
        }
        case "--host", "--port" -> {
          if (++i == args.length) {
            return wrong(err, option + " needs a value");
          }
          if (option.equals("--host")) {
            host = args[i];
          } else if (args[i].matches("\\d{1,5}") && Integer.parseInt(args[i]) <= 65_535) {
            port = Integer.parseInt(args[i]);
          } else {
            return wrong(err, "--port " + args[i] + " is not a port; use 0 to 65535");
          }
        }
        default -> {
          return wrong(err, "unknown option " + option);
        }
      }
    }
    return null;
  }

  private static int wrong(PrintStream err, String what) {
    err.println(what + "\n" + USAGE);
    return 2;
  }
}
