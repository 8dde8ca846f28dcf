package io.fairlead.interop.registry;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The commands of etcdctl in docs/registry-etcd.md, as they stand there. */
final class OperatorsPage {
  private static final Path PAGE = Path.of("..", "docs", "registry-etcd.md");
  private static final String PROGRAM = "etcdctl ";
  private static final String ENDPOINT = "--endpoints=127.0.0.1:2379";

  private OperatorsPage() {}

  /** All of them, without the program and its endpoint. */
  static List<String> commands() {
    try {
      return Files.readAllLines(PAGE).stream()
          .filter(line -> line.startsWith(PROGRAM))
          .map(OperatorsPage::arguments)
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read " + PAGE, e);
    }
  }

  private static String arguments(String line) {
    return line.substring(PROGRAM.length()).replace(ENDPOINT, "").replaceAll("#.*", "").strip();
  }
}
