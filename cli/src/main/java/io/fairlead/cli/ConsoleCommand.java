package io.fairlead.cli;

import io.fairlead.console.Console;
import io.fairlead.gateway.Contracts;
import io.fairlead.management.ManagementServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Serves the console of all services of a registry. */
@Command(
    name = "console",
    description = {
      "Serves a page of all services of the registry, until it is stopped: endpoints, methods over time,"
          + " calls, policies.",
      "Whoever has its token acts with the token or certificate that this command shows to processes."
    })
final class ConsoleCommand implements Callable<Integer> {
  private static final String TOKEN = "FAIRLEAD_CONSOLE_TOKEN";
  private static final int TOKEN_BYTES = 16;

  /** A page that is open holds one request. */
  private static final int MAX_REQUESTS = 64;

  private final Terminal terminal;

  @Option(
      names = "--host",
      paramLabel = "ADDRESS",
      description =
          "Where to listen. Default: 127.0.0.1. The page itself has no TLS: put a proxy with TLS before"
              + " an address that others reach.")
  private String host = "127.0.0.1";

  @Option(
      names = "--port",
      paramLabel = "PORT",
      description = "Default: 9990; 0 takes any free one.")
  private int port = 9990;

  @Option(
      names = "--try-it",
      description = "Has forms that call methods, whose contracts are asked by reflection.")
  private boolean tryIt;

  @Option(
      names = "--trust",
      paramLabel = "PREFIX",
      description =
          "Calls only processes whose host:port begins with this, such as 10.1.; others get no token. May"
              + " be given several times. Default: all that the registry has.")
  private List<String> trusted = new ArrayList<>();

  @Option(
      names = "--descriptors",
      paramLabel = "FILE",
      description =
          "Has forms of a descriptor set of protoc --include_imports --descriptor_set_out=FILE, in place"
              + " of reflection. With --include_source_info they have the comments of the contract.")
  private @Nullable Path descriptors;

  @Mixin private final AdminOptions options = new AdminOptions();

  ConsoleCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws InterruptedException {
    String token = terminal.variable(TOKEN).orElseGet(ConsoleCommand::newToken);
    try (OpenRegistry registry = options.registry().open(terminal)) {
      registry.services(); // a page without a registry is of no use: says why
      try (Console console = console(registry, token);
          ManagementServer pages =
              ManagementServer.builder()
                  .host(host)
                  .port(port)
                  .maxRequests(MAX_REQUESTS)
                  // The console asks for its own token; its files are public.
                  .allowUnauthenticated()
                  .handler("/console", console)
                  .start()) {
        terminal.out().println("console: " + pages.uri("/console") + "#token=" + token);
        new CountDownLatch(1).await();
        return ExitCode.OK;
      } catch (IllegalArgumentException | IllegalStateException e) {
        throw new CommandException(ExitCode.USAGE, String.valueOf(e.getMessage()));
      }
    }
  }

  private Console console(OpenRegistry registry, String token) {
    Console.Builder console =
        Console.fleet(registry.registry())
            .channels(address -> options.channel().channel(terminal, address));
    try {
      console.accessToken(token);
    } catch (IllegalArgumentException e) {
      throw new CommandException(ExitCode.USAGE, TOKEN + ": " + e.getMessage());
    }
    if (options.port() != 0) {
      console.adminPort(options.port());
    }
    if (!trusted.isEmpty()) {
      console.trust(address -> trusted.stream().anyMatch(address::startsWith));
    }
    if (descriptors != null) {
      if (!Files.isReadable(descriptors)) {
        throw new CommandException(
            ExitCode.USAGE, "the file of --descriptors cannot be read: " + descriptors);
      }
      console.tryIt(Contracts.descriptorSet(descriptors));
    } else if (tryIt) {
      console.tryIt(Contracts.reflection());
    }
    return console.build();
  }

  private static String newToken() {
    byte[] token = new byte[TOKEN_BYTES];
    new SecureRandom().nextBytes(token);
    return HexFormat.of().formatHex(token);
  }
}
