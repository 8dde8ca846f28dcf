package io.fairlead.samples.quickstart;

/**
 * What the command line asked for; {@code samples/run} tells people of the options.
 *
 * @param etcd the URL of a real etcd, or empty for an embedded one
 * @param stay whether to keep everything running after the last step
 * @param plain whether to print plain lines in place of a table that redraws
 */
record Options(String etcd, boolean stay, boolean plain) {
  static Options parse(String[] args) {
    String etcd = "";
    boolean stay = false;
    boolean plain = !Boolean.getBoolean("sample.terminal");
    for (int i = 0; i < args.length; i++) {
      switch (args[i]) {
        case "--stay" -> stay = true;
        case "--plain" -> plain = true;
        case "--etcd" -> etcd = url(++i < args.length ? args[i] : "");
        default ->
            throw new IllegalArgumentException(
                "\"" + args[i] + "\" is no option; samples/run quickstart --help names them");
      }
    }
    return new Options(etcd, stay, plain);
  }

  private static String url(String text) {
    if (!text.matches("https?://.+")) {
      throw new IllegalArgumentException(
          "--etcd needs a URL, such as http://127.0.0.1:2379, and got \"" + text + "\"");
    }
    return text;
  }
}
