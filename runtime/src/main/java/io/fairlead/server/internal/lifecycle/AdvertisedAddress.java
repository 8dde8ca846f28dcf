package io.fairlead.server.internal.lifecycle;

import com.google.common.net.HostAndPort;
import io.fairlead.discovery.Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Decides which address goes into the registry.
 *
 * <p>The environment comes before the code, as whoever deploys a program knows the network and its
 * author does not. A loopback address in a registry that other hosts read is a mistake that would
 * show only when a client calls, so it is refused at the start. Pure, apart from looking up the
 * host.
 */
final class AdvertisedAddress {
  /** The environment's word on it, over what the code says: {@code host:port} or {@code host}. */
  static final String VARIABLE = "FAIRLEAD_ADVERTISE";

  /**
   * The address and who chose it.
   *
   * @param reason for the log
   */
  record Choice(String host, int port, String reason) {}

  private AdvertisedAddress() {}

  /**
   * Decides which address a server registers.
   *
   * @param fromEnvironment the variable's value, or null
   * @param acrossHosts whether the registry is read by other hosts
   * @param hostAddress finds an address of this machine that others can reach
   */
  static Choice decide(
      ListenSettings listen,
      int boundPort,
      @Nullable String fromEnvironment,
      boolean acrossHosts,
      Supplier<String> hostAddress) {
    Choice choice = choose(listen, boundPort, fromEnvironment, acrossHosts, hostAddress);
    if (acrossHosts && !listen.loopbackAllowed() && isLoopback(choice.host())) {
      throw new IllegalStateException(
          ("the address %s:%s (%s) is loopback, which clients on other hosts of this registry"
                  + " cannot reach; say advertise(\"host:port\") or set %s, or allowLoopback() if"
                  + " every client runs on this host")
              .formatted(choice.host(), choice.port(), choice.reason(), VARIABLE));
    }
    return choice;
  }

  private static Choice choose(
      ListenSettings listen,
      int boundPort,
      @Nullable String fromEnvironment,
      boolean acrossHosts,
      Supplier<String> hostAddress) {
    if (fromEnvironment != null && !fromEnvironment.isBlank()) {
      return parse(fromEnvironment.strip(), boundPort, "from " + VARIABLE);
    }
    if (listen.advertised() != null) {
      return parse(listen.advertised(), boundPort, "from advertise(...)");
    }
    String host = listen.host();
    if (host != null && !host.equals("0.0.0.0") && !host.equals("::")) {
      return new Choice(host, boundPort, "chosen: the address it listens on");
    }
    return acrossHosts
        ? new Choice(hostAddress.get(), boundPort, "chosen: this machine's address")
        : new Choice("127.0.0.1", boundPort, "chosen: the registry is on this machine");
  }

  private static Choice parse(String text, int boundPort, String reason) {
    try {
      HostAndPort given = HostAndPort.fromString(text);
      int port = given.getPortOrDefault(0);
      Address checked = Address.grpc(given.getHost(), port == 0 ? boundPort : port);
      return new Choice(checked.host(), checked.port(), reason);
    } catch (IllegalArgumentException e) {
      throw new IllegalStateException(
          ("the advertised address \"%s\" %s is not host:port: %s; leave the port out for the one"
                  + " it listens on")
              .formatted(text, reason, e.getMessage()),
          e);
    }
  }

  static boolean isLoopback(String host) {
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException e) {
      // A name that only clients can resolve is not this machine's loopback.
      return false;
    }
  }

  static Address address(Choice choice, boolean tls) {
    return new Address(tls ? Address.GRPCS : Address.GRPC, choice.host(), choice.port());
  }
}
