package io.fairlead.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * A real etcd as a process of its own, on free ports of the loopback interface, with its data in a
 * temporary directory. Endpoint and data outlive {@link #kill} and {@link #restart}. One thread
 * uses it; whoever starts it closes it.
 */
public final class RealEtcd implements AutoCloseable {
  /** Another process may take a free port before etcd does. */
  private static final int ATTEMPTS = 5;

  private final Path binary;
  private final String scheme;
  private final List<String> arguments;
  private final Path directory;
  private final Thread reaper;
  private int clientPort;
  private int peerPort;
  private EtcdProcess process;

  private RealEtcd(Builder builder) {
    this.binary = builder.release.binary();
    this.scheme = builder.scheme;
    this.arguments = List.copyOf(builder.arguments);
    try {
      this.directory = Files.createTempDirectory("fairlead-etcd-");
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot make a directory for etcd's data", e);
    }
    this.process = startOnFreePorts();
    this.reaper = new Thread(() -> process.kill(), "etcd-reaper");
    Runtime.getRuntime().addShutdownHook(reaper);
  }

  /** Starts one and waits until it serves. */
  public static RealEtcd start(EtcdRelease release) {
    return builder(release).start();
  }

  /** Returns a builder, for an etcd with arguments of its own. */
  public static Builder builder(EtcdRelease release) {
    return new Builder(release);
  }

  /** Returns what clients connect to: {@code http://127.0.0.1:port}, or https. */
  public String endpoint() {
    return scheme + "://" + address();
  }

  /** Returns {@code host:port}. */
  public String address() {
    return "127.0.0.1:" + clientPort;
  }

  /** Returns the port that clients connect to. */
  public int port() {
    return clientPort;
  }

  /** Returns the process, for what is not here. */
  public ProcessHandle handle() {
    return process.handle();
  }

  /** Ends it with SIGKILL: it has no chance to say goodbye. Its data stays. */
  public void kill() {
    process.kill();
  }

  /** Starts it again, on the same port and data, after {@link #kill}; returns when it serves. */
  public void restart() {
    kill();
    process = launch();
  }

  /** Stops it in its tracks with SIGSTOP: connections stay open, nothing answers. */
  public void pause() {
    process.signal("STOP");
  }

  /** Lets it go on after {@link #pause}. */
  public void resume() {
    process.signal("CONT");
  }

  /** Ends it, deletes its data, and starts it again on the same port. */
  public void wipe() {
    kill();
    delete(dataDirectory());
    process = launch();
  }

  @Override
  public void close() {
    kill();
    Runtime.getRuntime().removeShutdownHook(reaper);
    delete(directory);
  }

  @Override
  public String toString() {
    return "RealEtcd[" + binary + " at " + endpoint() + "]";
  }

  private EtcdProcess startOnFreePorts() {
    IllegalStateException last = new IllegalStateException("etcd was not started");
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      clientPort = freePort();
      peerPort = freePort();
      try {
        return launch();
      } catch (IllegalStateException e) {
        String text = String.valueOf(e.getMessage());
        if (!text.contains("address already in use")) {
          delete(directory);
          throw e;
        }
        last = e;
      }
    }
    delete(directory);
    throw last;
  }

  private EtcdProcess launch() {
    String peer = "http://127.0.0.1:" + peerPort;
    List<String> command = new ArrayList<>();
    command.add(binary.toString());
    command.addAll(List.of("--name", "test", "--data-dir", dataDirectory().toString()));
    command.addAll(List.of("--listen-client-urls", endpoint()));
    command.addAll(List.of("--advertise-client-urls", endpoint()));
    command.addAll(List.of("--listen-peer-urls", peer));
    command.addAll(List.of("--initial-advertise-peer-urls", peer));
    command.addAll(List.of("--initial-cluster", "test=" + peer));
    command.addAll(arguments);
    return EtcdProcess.start(command, directory.resolve("etcd.log"));
  }

  private Path dataDirectory() {
    return directory.resolve("data");
  }

  private static int freePort() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException("No free port", e);
    }
  }

  static void delete(Path directory) {
    if (!Files.exists(directory)) {
      return;
    }
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot delete " + directory, e);
    }
  }

  /** Starts a {@link RealEtcd} that is not the usual one. */
  public static final class Builder {
    private final EtcdRelease release;
    private final List<String> arguments = new ArrayList<>();
    private String scheme = "http";

    private Builder(EtcdRelease release) {
      this.release = release;
    }

    /** Serves clients over TLS. */
    public Builder tls(Path certificate, Path key) {
      scheme = "https";
      return arguments("--cert-file", certificate.toString(), "--key-file", key.toString());
    }

    /** Demands of clients a certificate that {@code authority} signed. Needs {@link #tls}. */
    public Builder clientCertificates(Path authority) {
      return arguments("--client-cert-auth", "--trusted-ca-file", authority.toString());
    }

    /** Adds arguments to its command line. */
    public Builder arguments(String... more) {
      arguments.addAll(List.of(more));
      return this;
    }

    /** Starts it and waits until it serves. */
    public RealEtcd start() {
      return new RealEtcd(this);
    }
  }
}
