package io.fairlead.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The server's and the client's process of one variant; idle while others are measured. */
final class Pair implements AutoCloseable {
  private final Child server;
  private final @Nullable Child client;
  private final int port;

  private Pair(Child server, @Nullable Child client, int port) {
    this.server = server;
    this.client = client;
    this.port = port;
  }

  static Pair start(Plan plan, String variant, List<String> tls, Path log) throws IOException {
    JavaRun java = plan.java(variant);
    String name = Plan.plainName(variant);
    List<String> arguments = new ArrayList<>(List.of("server", name));
    arguments.addAll(tls);
    Child server = Child.start(variant + " server", java, arguments, log);
    Map<String, String> where = Fields.parse(server.firstAnswer());
    int port = (int) Fields.number(where, "port");
    Child client = null;
    if (!name.equals("netty")) {
      arguments.set(0, "client");
      arguments.add("entries=" + Fields.text(where, "entries"));
      client = Child.start(variant + " client", java, arguments, log);
    }
    return new Pair(server, client, port);
  }

  boolean canRun(Load load) {
    return client != null || load.kind() == Load.Kind.H2LOAD;
  }

  Sample closed(Load load, Duration length) throws IOException, InterruptedException {
    Usage before = Usage.decode(server.ask("usage"));
    Sample sample =
        load.kind() == Load.Kind.H2LOAD
            ? H2Load.run(port, load.inFlight(), length)
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
