package io.fairlead.cli;

import java.util.List;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Which processes a command shows, and in which form. */
final class InstancesOptions {
  @Parameters(
      index = "0",
      paramLabel = "SERVICE|ID",
      description = "A service, an instance as id or service/id, or the host:port of a process.")
  @SuppressWarnings("NullAway.Init") // picocli sets it before it runs
  private String name;

  @Option(names = "--json", description = "Writes a JSON object for each line.")
  private boolean json;

  @Mixin private final AdminOptions admin = new AdminOptions();

  String name() {
    return name;
  }

  boolean json() {
    return json;
  }

  /** Opens channels to all of them. The caller closes each. */
  List<AdminTarget> open(Terminal terminal) throws InterruptedException {
    return AdminTarget.all(terminal, name, admin);
  }
}
