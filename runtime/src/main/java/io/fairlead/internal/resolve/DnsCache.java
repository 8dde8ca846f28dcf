package io.fairlead.internal.resolve;

import com.google.common.net.InetAddresses;
import io.fairlead.discovery.Address;
import io.fairlead.discovery.Endpoint;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The IP addresses of the hosts that endpoints name. Immutable; each look-up makes a new one.
 *
 * <p>A host whose look-up fails keeps the addresses that it had: a name service that is down for a
 * moment must not take endpoints out of use.
 */
final class DnsCache {
  private final Lookup lookup;
  private final Map<String, List<InetAddress>> known;
  private final Map<String, String> failures;

  /** Looks up one host; may block. */
  interface Lookup {
    InetAddress[] lookUp(String host) throws UnknownHostException;
  }

  DnsCache(Lookup lookup) {
    this(lookup, Map.of(), Map.of());
  }

  private DnsCache(
      Lookup lookup, Map<String, List<InetAddress>> known, Map<String, String> failures) {
    this.lookup = lookup;
    this.known = known;
    this.failures = failures;
  }

  /** Its IP addresses; empty if they are not known. */
  List<InetAddress> addressesOf(String host) {
    return InetAddresses.isInetAddress(host)
        ? List.of(InetAddresses.forString(host))
        : known.getOrDefault(host, List.of());
  }

  /** Returns whether no look-up is needed for these. */
  boolean allKnown(List<Endpoint> endpoints) {
    return endpoints.stream()
        .flatMap(endpoint -> endpoint.addresses().stream())
        .noneMatch(address -> addressesOf(address.host()).isEmpty());
  }

  /** Returns whether any of these has a name rather than an IP address. */
  static boolean anyName(List<Endpoint> endpoints) {
    return endpoints.stream()
        .flatMap(endpoint -> endpoint.addresses().stream())
        .anyMatch(address -> !InetAddresses.isInetAddress(address.host()));
  }

  /** Looks up every name of these; one that fails keeps the addresses that it had. */
  DnsCache lookUp(List<Endpoint> endpoints) {
    Map<String, List<InetAddress>> found = new HashMap<>();
    Map<String, String> failed = new TreeMap<>();
    for (Endpoint endpoint : endpoints) {
      for (Address address : endpoint.addresses()) {
        String host = address.host();
        if (InetAddresses.isInetAddress(host) || found.containsKey(host)) {
          continue;
        }
        try {
          found.put(host, List.of(lookup.lookUp(host)));
        } catch (UnknownHostException e) {
          failed.put(host, String.valueOf(e.getMessage()));
          found.put(host, known.getOrDefault(host, List.of()));
        }
      }
    }
    return new DnsCache(lookup, found, failed);
  }

  /** Returns what went wrong in the last look-up, for a message; empty if nothing did. */
  String problems() {
    return failures.isEmpty() ? "" : " (unknown hosts: " + failures.keySet() + ")";
  }
}
