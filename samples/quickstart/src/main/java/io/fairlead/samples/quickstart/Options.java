package io.fairlead.samples.quickstart;

import java.util.List;

/**
 * What the command line asked for.
 *
 * @param etcd the URL of a real etcd, or empty for an embedded one
 * @param stay whether to keep everything running after the last step
 * @param plain whether to print plain lines in place of a table that redraws
 */
record Options(String etcd, boolean stay, boolean plain) {
  static final String USAGE =
      """
      samples/run quickstart [--stay] [--plain] [--etcd URL]
        --stay      keep everything running at the end, with commands to try
        --plain     plain lines in place of a table that redraws
        --etcd URL  use this etcd, e.g. http://127.0.0.1:2379, in place of the embedded one""";

  /** Whether only the usage is wanted. */
  static boolean asksForHelp(String[] args) {
    return List.of(args).contains("--help") || List.of(args).contains("-h");
  }

  static Options parse(String[] args) {
    String etcd = "";
    boolean stay = false;
    boolean plain = !Boolean.getBoolean("sample.terminal");
    for (int i = 0; i < args.length; i++) {
      switch (args[i]) {
        case "--stay" -> stay = true;
        case "--plain" -> plain = true;
        case "--etcd" -> {
          if (++i == args.length) {
            throw new IllegalArgumentException("--etcd needs a URL\n" + USAGE);
          }
          etcd = args[i];
          if (!etcd.matches("https?://.+")) {
            throw new IllegalArgumentException(
                "--etcd " + etcd + " is not a URL, such as http://127.0.0.1:2379\n" + USAGE);
          }
        }
        default -> throw new IllegalArgumentException("unknown option " + args[i] + "\n" + USAGE);
      }
    }
    return new Options(etcd, stay, plain);
  }
}
