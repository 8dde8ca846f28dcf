package io.fairlead.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The server's and the client's process of one variant; idle while others are measured. */
final class Pair implements AutoCloseable {
  private final JavaRun java;
  private final String variant;
  private final List<String> serverArguments;
  private final Path log;
  private final Child server;
  private final int port;
  private final List<Integer> entries;
  private final @Nullable List<String> clientArguments;
  private final @Nullable Child client;

  private Pair(Plan plan, String variant, int instances, List<String> tls, Path log)
      throws IOException {
    this.java = plan.java(variant);
    this.variant = variant;
    this.log = log;
    String name = Plan.plainName(variant);
    this.serverArguments = arguments("server", name, "instances=" + instances, tls);
    this.server = Child.start(variant + " server", java, serverArguments, log);
    Map<String, String> where = Fields.parse(server.firstAnswer());
    this.port = (int) Fields.number(where, "port");
    String ports = Fields.text(where, "entries");
    this.entries = Arrays.stream(ports.split(",", -1)).map(Integer::valueOf).toList();
    this.clientArguments =
        Peers.hasClient(name) ? arguments("client", name, "entries=" + ports, tls) : null;
    this.client = clientArguments == null ? null : startClient(clientArguments);
  }

  static Pair start(Plan plan, String variant, int instances, List<String> tls, Path log)
      throws IOException {
    return new Pair(plan, variant, instances, tls, log);
  }

  private static List<String> arguments(String end, String name, String more, List<String> tls) {
    List<String> arguments = new ArrayList<>(List.of(end, name, more));
    arguments.addAll(tls);
    return arguments;
  }

  private Child startClient(List<String> arguments) throws IOException {
    return Child.start(variant + " client", java, arguments, log);
  }

  boolean canRun(Load load) {
    return client != null || load.kind() == Load.Kind.H2LOAD;
  }

  Sample closed(Load load, Duration length) throws IOException, InterruptedException {
    Usage before = Usage.decode(server.ask("usage"));
    Sample sample =
        load.kind() == Load.Kind.H2LOAD
            ? H2Load.run(port, load.inFlight(), length, Peers.isConnect(Plan.plainName(variant)))
            : Sample.decode(
                client().ask("closed load=%s millis=%d".formatted(load, length.toMillis())));
    return sample.withServer(Usage.decode(server.ask("usage")).since(before));
  }

  Sample open(long rate, Duration length) {
    Usage before = Usage.decode(server.ask("usage"));
    Sample sample =
        Sample.decode(client().ask("open rate=%d millis=%d".formatted(rate, length.toMillis())));
    return sample.withServer(Usage.decode(server.ask("usage")).since(before));
  }

  /** From the start of another client's JVM to its first answered call. */
  Sample clientStart() throws IOException {
    return timed(Objects.requireNonNull(clientArguments), "client");
  }

  /** From the start of another server's JVM to its open port. */
  Sample serverStart() throws IOException {
    return timed(serverArguments, "server");
  }

  private Sample timed(List<String> arguments, String end) throws IOException {
    long start = System.nanoTime();
    try (Child child = Child.start(variant + " " + end, java, arguments, log)) {
      long nanos = System.nanoTime() - start;
      Usage used = Usage.decode(child.ask("usage"));
      return new Sample(1, 0, nanos, used, Usage.NONE, List.of(nanos, nanos, nanos, nanos));
    }
  }

  /** Opens so many of them and keeps them. */
  void hold(String what, int count) {
    client().ask("hold what=%s count=%d".formatted(what, count));
  }

  Held clientHeld() {
    return Held.decode(client().ask("held"));
  }

  Held serverHeld() {
    return Held.decode(server.ask("held"));
  }

  /** What clients of the server are told. */
  List<Integer> entries() {
    return entries;
  }

  private Child client() {
    if (client == null) {
      throw new IllegalStateException("This variant has only a server");
    }
    return client;
  }

  @Override
  public void close() throws IOException {
    if (client != null) {
      client.close();
    }
    server.close();
  }
}
