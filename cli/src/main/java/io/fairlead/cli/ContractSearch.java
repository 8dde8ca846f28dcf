package io.fairlead.cli;

import com.google.protobuf.Descriptors.ServiceDescriptor;
import io.fairlead.client.RpcChannel;
import io.fairlead.discovery.Endpoint;
import io.fairlead.discovery.Resolution;
import io.fairlead.gateway.Contracts;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Finds the contract of a service: in a file, or by reflection in a process of the registry.
 * Whoever is on call does not wait long: after the time of {@code --timeout} the contract is not
 * known.
 */
final class ContractSearch {
  @Option(
      names = "--descriptors",
      paramLabel = "FILE",
      description =
          "A descriptor set of protoc --include_imports --descriptor_set_out=FILE, whose bounds the"
              + " change must keep to. Default: the contract that a process of the registry shows by"
              + " reflection.")
  private @Nullable Path descriptors;

  /** Reflection needs no caller, so no process of the registry gets a token by it. */
  @Mixin private final TlsOptions tls = new TlsOptions();

  /** Returns the contract of a service; empty if nobody shows it. */
  Optional<ServiceDescriptor> find(OpenRegistry registry, String service)
      throws InterruptedException {
    if (descriptors != null) {
      return Optional.of(inFile(descriptors, service, registry.timeout()));
    }
    long end = System.nanoTime() + registry.timeout().toNanos();
    // One that is silent leaves time for another.
    Duration share = registry.timeout().dividedBy(2);
    for (String name : likeliestFirst(registry.services(), service)) {
      if (System.nanoTime() - end > 0) {
        break;
      }
      if (registry.resolve(name) instanceof Resolution.Bound bound) {
        for (Endpoint endpoint : bound.snapshot().endpoints().stream().limit(1).toList()) {
          String address = endpoint.addresses().get(0).hostAndPort();
          try (RpcChannel channel = channel(address)) {
            Optional<ServiceDescriptor> found =
                named(service, ask(Contracts.reflection(), channel, share));
            if (found.isPresent()) {
              return found;
            }
          } catch (ExecutionException | TimeoutException e) {
            // Another service may show it; if none does, the caller is told.
          }
        }
      }
    }
    return Optional.empty();
  }

  private RpcChannel channel(String address) {
    RpcChannel.Builder channel = RpcChannel.to(address);
    tls.prepare(channel);
    return channel.build();
  }

  /** Says that nobody shows the contract, what that means, and what to do about it. */
  String missing(OpenRegistry registry, String service) {
    return "the bounds of the contract were not checked, as no process of "
        + registry
        + " shows "
        + service
        + " by reflection; processes check them all the same, and --descriptors reads them from a"
        + " file";
  }

  /** A service is mostly registered by a part of its name in the contract. */
  private static List<String> likeliestFirst(List<String> names, String service) {
    String lower = service.toLowerCase(Locale.ROOT);
    List<String> sorted = new ArrayList<>(names);
    sorted.sort(
        Comparator.comparing((String name) -> !lower.contains(name.toLowerCase(Locale.ROOT)))
            .thenComparing(name -> name));
    return sorted;
  }

  private ServiceDescriptor inFile(Path file, String service, Duration limit)
      throws InterruptedException {
    // The file is read without a call; the channel is there because other sources need one.
    try (RpcChannel unused = channel("127.0.0.1:1")) {
      List<ServiceDescriptor> found = ask(Contracts.descriptorSet(file), unused, limit);
      return named(service, found)
          .orElseThrow(
              () ->
                  new CommandException(
                      ExitCode.USAGE,
                      file
                          + " has no service "
                          + service
                          + Suggestions.forName(
                              service,
                              found.stream().map(ServiceDescriptor::getFullName).toList())));
    } catch (ExecutionException | TimeoutException e) {
      Throwable cause = e.getCause();
      throw new CommandException(
          ExitCode.USAGE, String.valueOf(cause == null ? e : cause.getMessage()));
    }
  }

  private static List<ServiceDescriptor> ask(
      Contracts contracts, RpcChannel channel, Duration limit)
      throws InterruptedException, ExecutionException, TimeoutException {
    return contracts
        .services(channel)
        .toCompletableFuture()
        .get(limit.toMillis(), TimeUnit.MILLISECONDS);
  }

  private static Optional<ServiceDescriptor> named(String name, List<ServiceDescriptor> services) {
    return services.stream().filter(each -> each.getFullName().equals(name)).findFirst();
  }
}
