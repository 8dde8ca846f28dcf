package io.fairlead.bench;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.stream.Collectors;

/**
 * One end of one variant in a JVM of its own. It takes commands on its standard input and answers
 * each with one line that begins with {@code @}; it ends when its input does.
 */
public final class BenchProcess {
  private static final PrintStream OUT = System.out;

  private BenchProcess() {}

  /**
   * {@code server <variant> instances=N [tls=cert,key]} or {@code client <variant> entries=N,…
   * [tls=cert,key]}.
   */
  public static void main(String[] args) throws Exception {
    System.setOut(System.err); // so that nothing a framework prints mixes with our answers
    Variant variant = find(args[1]);
    Map<String, String> options = Fields.parse(String.join(" ", args));
    Wire wire = wire(options.get("tls"));
    if (args[0].equals("server")) {
      int instances = (int) Fields.number(options, "instances");
      try (BenchServer server = variant.startServers(wire, instances)) {
        answer("port=" + server.port() + " entries=" + join(server.entries()));
        serveCommands(null);
      }
    } else {
      List<Integer> ports = split(Fields.text(options, "entries"));
      try (BenchClient client = variant.connect(wire, ports)) {
        client.unary(Payloads.SMALL); // ready is who has been answered
        answer("connected");
        serveCommands(new Commands(client, () -> variant.connect(wire, ports)));
      }
    }
    System.exit(0); // whatever threads a framework leaves
  }

  private static String join(List<Integer> ports) {
    return ports.stream().map(String::valueOf).collect(Collectors.joining(","));
  }

  private static List<Integer> split(String ports) {
    return Arrays.stream(ports.split(",", -1)).map(Integer::valueOf).toList();
  }

  private static Wire wire(@org.jspecify.annotations.Nullable String tls) {
    if (tls == null) {
      return Wire.PLAINTEXT;
    }
    String[] files = tls.split(",", -1);
    return new Wire(Path.of(files[0]), Path.of(files[1]));
  }

  private static Variant find(String name) {
    return ServiceLoader.load(Variant.class).stream()
        .map(ServiceLoader.Provider::get)
        .filter(variant -> variant.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("No variant is called " + name));
  }

  private static void serveCommands(@org.jspecify.annotations.Nullable Commands client)
      throws Exception {
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      if (line.equals("usage")) {
        answer(Usage.now().encode());
      } else if (line.equals("held")) {
        answer(Held.now().encode());
      } else if (client != null) {
        answer(client.answer(line));
      } else {
        throw new IllegalArgumentException("Not a command for a server: " + line);
      }
    }
  }

  private static void answer(String line) {
    OUT.println("@" + line);
    OUT.flush();
  }
}
