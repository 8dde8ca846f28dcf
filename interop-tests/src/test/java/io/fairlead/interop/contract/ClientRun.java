package io.fairlead.interop.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.interop.depot.DepotRpc;
import io.fairlead.interop.peer.Program;
import io.fairlead.testkit.FaultyProxy;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * One run of a client of others with several cases, against a server of ours that has a server in
 * Python behind it. The program says what became of each case.
 */
final class ClientRun implements AutoCloseable {
  private static final String PASS = "pass";

  private final Map<String, String> results = new HashMap<>();
  private final String output;
  private final long sent;
  private final long received;

  private ClientRun(String output, long sent, long received) {
    this.output = output;
    this.sent = sent;
    this.received = received;
    for (String line : output.lines().toList()) {
      String[] words = line.split(" ", 3);
      if (words.length == 3 && words[0].equals("RESULT")) {
        results.put(words[1], words[2]);
      }
    }
  }

  static ClientRun of(Language language, List<String> cases) {
    try (OurDepot server = OurDepot.start("java");
        Program last = Language.PYTHON.server();
        FaultyProxy counting = FaultyProxy.to("127.0.0.1", server.port())) {
      String said =
          language
              .client()
              .runWell(
                  "--target",
                  server.address(),
                  "--packed",
                  counting.authority(),
                  "--next",
                  "127.0.0.1:" + last.port(),
                  "--config",
                  config().toString(),
                  "--cases",
                  String.join(",", cases));
      return new ClientRun(
          said,
          counting.bytes(FaultyProxy.Direction.TO_SERVER),
          counting.bytes(FaultyProxy.Direction.TO_CLIENT));
    }
  }

  /** What our plugin wrote for the contract. */
  private static synchronized Path config() {
    try {
      Path file = Path.of("target", "Depot.service_config.json").toAbsolutePath();
      return Files.writeString(file, DepotRpc.serviceConfigJson());
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot write the service config", e);
    }
  }

  /** Fails as the program did. */
  void check(String name) {
    String result = results.get(name);
    assertThat(result).as("the result of %s in: %s", name, output).isNotNull();
    assertThat(result).as(name).isEqualTo(PASS);
  }

  /** The bytes that went through the way that counts them, to our server and from it. */
  long[] counted() {
    return new long[] {sent, received};
  }

  @Override
  public void close() {
    // It is over since it was made; suites close what they share.
  }
}
