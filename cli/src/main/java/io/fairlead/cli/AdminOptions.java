package io.fairlead.cli;

import io.fairlead.discovery.Endpoint;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** How a command finds the admin service of an instance. */
final class AdminOptions {
  @Mixin private final RegistryOptions registry = new RegistryOptions();
  @Mixin private final ChannelOptions channel = new ChannelOptions();

  @Option(
      names = "--admin-port",
      paramLabel = "PORT",
      description = "The port of the admin service, if it is not that of the instance.")
  private int port;

  RegistryOptions registry() {
    return registry;
  }

  ChannelOptions channel() {
    return channel;
  }

  /** Returns the port of the admin services, or 0 for that of the instances. */
  int port() {
    return port;
  }

  String addressOf(OpenRegistry.Instance instance) {
    return port == 0 ? instance.address() : host(instance.endpoint()) + ":" + port;
  }

  private static String host(Endpoint endpoint) {
    String host = endpoint.addresses().get(0).host();
    return host.contains(":") && !host.startsWith("[") ? "[" + host + "]" : host;
  }
}
