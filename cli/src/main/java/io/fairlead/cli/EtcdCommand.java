package io.fairlead.cli;

import io.fairlead.etcd.embedded.EmbeddedEtcd;
import java.io.UncheckedIOException;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Serves an etcd for development. */
@Command(
    name = "etcd",
    description = "Serves an etcd for development: one process, everything in memory.")
final class EtcdCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Option(
      names = "--host",
      paramLabel = "ADDRESS",
      description = "Where to listen. Default: 127.0.0.1. There is no authentication.")
  private String host = "127.0.0.1";

  @Option(
      names = "--port",
      paramLabel = "PORT",
      description = "Default: 2379; 0 takes any free one.")
  private int port = 2379;

  EtcdCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws InterruptedException {
    if (port < 0 || port > 65_535) {
      throw new CommandException(
          ExitCode.USAGE, "--port " + port + " is not a port; use 0 to 65535");
    }
    try (EmbeddedEtcd etcd = EmbeddedEtcd.builder().host(host).port(port).start()) {
      terminal.out().println("etcd for development: --registry etcd://" + etcd.address());
      new CountDownLatch(1).await();
      return ExitCode.OK;
    } catch (UncheckedIOException e) {
      throw new CommandException(ExitCode.FAILED, String.valueOf(e.getMessage()));
    }
  }
}
