package io.fairlead.cli;

import io.fairlead.client.RpcChannel;
import io.grpc.ClientInterceptor;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** How a command reaches a process, and who it says it is. */
final class ChannelOptions {
  @Mixin private final TlsOptions tls = new TlsOptions();

  @Option(
      names = "--token-file",
      paramLabel = "FILE",
      description = "A file with a bearer token. Default: the variable FAIRLEAD_TOKEN.")
  private @Nullable Path tokenFile;

  @Option(
      names = {"-H", "--header"},
      paramLabel = "NAME:VALUE",
      description = "A header of each call. May be given several times.")
  private List<String> headers = new ArrayList<>();

  /** Describes a channel. */
  RpcChannel.Builder channel(Terminal terminal, String target) {
    return prepare(terminal, RpcChannel.to(target));
  }

  /** Adds to a channel that others describe what the options say. */
  RpcChannel.Builder prepare(Terminal terminal, RpcChannel.Builder channel) {
    tls.prepare(channel);
    ClientInterceptor attached = MetadataUtils.newAttachHeadersInterceptor(metadata(terminal));
    return channel.intercept(attached);
  }

  private Metadata metadata(Terminal terminal) {
    Metadata metadata = new Metadata();
    token(terminal).ifPresent(token -> metadata.put(asciiKey("authorization"), "Bearer " + token));
    for (String header : headers) {
      int colon = header.indexOf(':');
      if (colon <= 0) {
        throw new CommandException(
            ExitCode.USAGE, "the header \"" + header + "\" is not of the form NAME:VALUE");
      }
      String name = header.substring(0, colon).strip();
      String value = header.substring(colon + 1).strip();
      if (name.endsWith(Metadata.BINARY_HEADER_SUFFIX)) {
        throw new CommandException(
            ExitCode.USAGE, "the header \"" + name + "\" is binary, and the command sends text");
      }
      metadata.put(asciiKey(name), value);
    }
    return metadata;
  }

  private Optional<String> token(Terminal terminal) {
    Path file = tokenFile;
    if (file == null) {
      return terminal.variable("FAIRLEAD_TOKEN");
    }
    try {
      return Optional.of(Files.readString(file, StandardCharsets.UTF_8).strip());
    } catch (IOException e) {
      throw new CommandException(
          ExitCode.USAGE, "the file of --token-file cannot be read: " + e.getMessage());
    }
  }

  private static Metadata.Key<String> asciiKey(String name) {
    return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
  }
}
