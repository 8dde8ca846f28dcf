package io.fairlead.codegen;

import java.io.PrintStream;

/** What the plugin says to a person. */
final class CommandLine {
  private static final String HELP =
      """
      protoc-gen-fairlead: writes Fairlead's Java for the services of a contract.

      It is a plugin of protoc and is not run by hand:

        protoc --plugin=protoc-gen-fairlead --java_out=gen --fairlead_out=gen shop/v1/inventory.proto

      Parameters, as --fairlead_opt=name=value:
        java=true|false            write Java; default true
        java_suffix=Suffix         append this to the Java name of each service
        java_name=Service=Name     the Java name of one service, by its name in the contract;
                                   may be given several times
        service_config=true|false  write <Service>.service_config.json for clients in other
                                   languages; default true

      Options here:
        --help     this text
        --version  the version
      """;

  private CommandLine() {}

  /** Prints the answer and gives the exit code. */
  static int answer(String[] args, PrintStream out) {
    switch (args[0]) {
      case "--help", "-h" -> out.print(HELP);
      case "--version" -> out.println("protoc-gen-fairlead " + version());
      default -> {
        System.err.println("protoc-gen-fairlead: unknown argument " + args[0] + "; try --help");
        return 2;
      }
    }
    out.flush();
    return 0;
  }

  static String version() {
    String version = CommandLine.class.getPackage().getImplementationVersion();
    return version == null ? "unpackaged" : version;
  }
}
