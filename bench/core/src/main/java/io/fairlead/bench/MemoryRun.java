package io.fairlead.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** What an idle connection and an open stream cost each end, in a fresh pair of processes each. */
final class MemoryRun {
  private static final String HEAD =
      "%n%-14s %-26s %8s %14s %14s %14s %14s%n"
          .formatted(
              "each",
              "variant",
              "held",
              "client heap B",
              "client nat. B",
              "server heap B",
              "server nat. B");

  private final Plan plan;
  private final int count;

  MemoryRun(Plan plan, int count) {
    this.plan = plan;
    this.count = count;
  }

  String run(List<String> variants) throws IOException {
    StringBuilder table = new StringBuilder(HEAD);
    System.out.print(HEAD);
    for (String what : List.of("connections", "streams")) {
      for (String variant : variants) {
        String line = measure(what, variant);
        System.out.print(line);
        table.append(line);
      }
    }
    return table.toString();
  }

  private String measure(String what, String variant) throws IOException {
    Path log = plan.out().resolve(variant + ".log");
    try (Pair pair = Pair.start(plan, variant, 1, List.of(), log)) {
      pair.hold(what, 20); // classes and caches that are paid once
      Held client = pair.clientHeld();
      Held server = pair.serverHeld();
      pair.hold(what, count);
      client = pair.clientHeld().each(client, count);
      server = pair.serverHeld().each(server, count);
      return String.format(
          Locale.ROOT,
          "%-14s %-26s %8d %14d %14d %14d %14d%n",
          what.substring(0, what.length() - 1),
          variant,
          count,
          client.heapBytes(),
          client.residentBytes(),
          server.heapBytes(),
          server.residentBytes());
    } catch (UncheckedIOException e) {
      return "%s holds no %s: %s; %s says why%n".formatted(variant, what, e.getMessage(), log);
    }
  }
}
