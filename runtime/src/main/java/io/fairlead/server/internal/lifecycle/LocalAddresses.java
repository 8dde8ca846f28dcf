package io.fairlead.server.internal.lifecycle;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.Comparator;
import java.util.List;

/**
 * Finds an address of this machine that other machines may reach. A machine may have several; this
 * takes the first of the lowest interface, which is a guess. {@code advertise(...)} or the
 * environment corrects it.
 */
final class LocalAddresses {
  private LocalAddresses() {}

  /** Finds it: IPv4 before IPv6, low interface numbers first; loopback if there is nothing else. */
  static String find() {
    try {
      List<InetAddress> candidates =
          NetworkInterface.networkInterfaces()
              .filter(LocalAddresses::usable)
              .sorted(Comparator.comparingInt(NetworkInterface::getIndex))
              .flatMap(NetworkInterface::inetAddresses)
              .filter(a -> !a.isLoopbackAddress() && !a.isLinkLocalAddress())
              .sorted(Comparator.comparing(a -> !(a instanceof Inet4Address)))
              .toList();
      return candidates.isEmpty() ? "127.0.0.1" : candidates.get(0).getHostAddress();
    } catch (SocketException e) {
      throw new IllegalStateException(
          "this machine's addresses cannot be read; say advertise(\"host:port\") or set "
              + AdvertisedAddress.VARIABLE,
          e);
    }
  }

  private static boolean usable(NetworkInterface card) {
    try {
      return card.isUp() && !card.isLoopback() && !card.isPointToPoint() && !card.isVirtual();
    } catch (SocketException e) {
      return false;
    }
  }
}
