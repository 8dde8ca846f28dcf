package io.fairlead.samples.aiplatform.story;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * A RabbitMQ that belongs to the story: a child process on free ports, with its data in a folder of
 * its own. It can be killed, and started again on what it had on disk.
 */
final class Broker implements AutoCloseable {
  /** Debian's own command of this name runs the broker as another user, and in other folders. */
  private static final Path DEBIAN = Path.of("/usr/lib/rabbitmq/bin");

  private static final long PATIENCE_SECONDS = 60;

  private final Path program;
  private final Path folder;
  private final int port = Children.freePort();
  private final Map<String, String> environment;

  /** Tells the names of Erlang's nodes; one of our own, so that none is left behind. */
  private final Process names;

  private Process process;

  private final String scheme;

  private Broker(Path program, Path epmd, Path folder, Optional<LinkCertificates> certificates)
      throws IOException {
    this.program = program;
    this.scheme = certificates.isPresent() ? "amqps" : "amqp";
    this.folder = Files.createDirectories(folder.toAbsolutePath());
    Files.writeString(
        folder.resolve("rabbitmq.conf"),
        certificates.map(this::listenWithTls).orElse("listeners.tcp.1 = 127.0.0.1:" + port + "\n")
            + """
        disk_free_limit.absolute = 50MB
        vm_memory_high_watermark.absolute = 256MB
        log.console = false
        """);
    Files.writeString(folder.resolve("enabled_plugins"), "[].\n");
    int epmdPort = Children.freePort();
    this.environment =
        Map.ofEntries(
            Map.entry("HOME", folder.toString()),
            Map.entry("ERL_EPMD_PORT", Integer.toString(epmdPort)),
            Map.entry("ERL_EPMD_ADDRESS", "127.0.0.1"),
            Map.entry("RABBITMQ_NODENAME", "story@localhost"),
            Map.entry("RABBITMQ_DIST_PORT", Integer.toString(Children.freePort())),
            Map.entry("RABBITMQ_CONFIG_FILE", folder.resolve("rabbitmq.conf").toString()),
            Map.entry("RABBITMQ_CONF_ENV_FILE", folder.resolve("none.conf").toString()),
            Map.entry("RABBITMQ_ADVANCED_CONFIG_FILE", folder.resolve("none.config").toString()),
            Map.entry(
                "RABBITMQ_ENABLED_PLUGINS_FILE", folder.resolve("enabled_plugins").toString()),
            Map.entry("RABBITMQ_MNESIA_BASE", folder.resolve("data").toString()),
            Map.entry("RABBITMQ_LOG_BASE", folder.resolve("log").toString()),
            Map.entry("RABBITMQ_PID_FILE", folder.resolve("pid").toString()),
            // One scheduler: two processors are for all, and an idle one spins.
            Map.entry("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", "+S 1:1 +sbwt none"),
            // Then the process is the broker itself, and not a shell around it.
            Map.entry("RUNNING_UNDER_SYSTEMD", "true"));
    ProcessBuilder command =
        new ProcessBuilder(
            epmd.toString(), "-port", Integer.toString(epmdPort), "-address", "127.0.0.1");
    this.names = command.redirectErrorStream(true).redirectOutput(log("epmd")).start();
    this.process = launch();
  }

  private String listenWithTls(LinkCertificates certificates) {
    String own = certificates.server("rabbitmq");
    return """
    listeners.tcp = none
    listeners.ssl.1 = 127.0.0.1:%d
    ssl_options.cacertfile = %s
    ssl_options.certfile = %s.crt
    ssl_options.keyfile = %s.key
    ssl_options.verify = verify_peer
    ssl_options.fail_if_no_peer_cert = true
    """
        .formatted(port, certificates.trust(), own, own);
  }

  /** Returns the program, if it is there. */
  static Optional<Path> find(String path) {
    return Children.find(DEBIAN + File.pathSeparator + path, "rabbitmq-server");
  }

  /** Starts a broker; {@link #await} waits until it takes connections. */
  static Broker start(
      Path program, String path, Path folder, Optional<LinkCertificates> certificates)
      throws IOException {
    Path epmd =
        Children.find(path, "epmd")
            .orElseThrow(
                () -> new IOException("there is no epmd on the PATH; it is part of Erlang"));
    Broker broker = new Broker(program, epmd, folder, certificates);
    // A person who ends the run early must find no process left.
    Runtime.getRuntime().addShutdownHook(new Thread(broker::close, "broker-end"));
    return broker;
  }

  private File log(String name) {
    return folder.resolve(name + ".log").toFile();
  }

  private Process launch() throws IOException {
    ProcessBuilder builder = new ProcessBuilder(program.toString()).directory(folder.toFile());
    builder.environment().putAll(environment);
    return builder
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(log("rabbitmq")))
        .start();
  }

  /** Waits until it takes connections: the last thing that it does when it starts. */
  void await() throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (!listens()) {
      if (System.nanoTime() > end || !process.isAlive()) {
        throw new IllegalStateException(
            "RabbitMQ did not start within "
                + PATIENCE_SECONDS
                + " s; what it said is in "
                + folder);
      }
      Thread.sleep(50);
    }
  }

  private boolean listens() {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return socket.isConnected();
    } catch (IOException e) {
      return false;
    }
  }

  /** Kills it, and starts it again on the same ports and data. */
  void killAndStart() throws IOException, InterruptedException {
    Children.kill(process);
    process = launch();
  }

  URI uri() {
    return URI.create(scheme + "://127.0.0.1:" + port);
  }

  @Override
  public void close() {
    try {
      Children.kill(process);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    names.destroy();
  }
}
