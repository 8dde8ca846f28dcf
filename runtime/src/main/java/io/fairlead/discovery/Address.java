package io.fairlead.discovery;

import java.util.Objects;
import java.util.regex.Pattern;

/**
 * One place where an endpoint listens.
 *
 * @param protocol what is spoken there: {@code "grpc"}, {@code "grpcs"} for gRPC over TLS, or a
 *     name of your own
 * @param host a host name or an IP literal, without brackets
 * @param port 1 to 65535
 */
public record Address(String protocol, String host, int port) {
  /** The protocol of plain gRPC. */
  public static final String GRPC = "grpc";

  /** The protocol of gRPC over TLS. */
  public static final String GRPCS = "grpcs";

  /** The hosts that are not of plain letters and digits; patterns take long to load. */
  private static final class UnusualHost {
    /** A name of letters and digits of any script, or an IPv6 literal, perhaps with its zone. */
    private static final Pattern FORM =
        Pattern.compile("[\\p{L}\\p{M}\\p{N}._-]+|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*(%[\\w.-]+)?");
  }

  public Address {
    Objects.requireNonNull(protocol, "protocol");
    Objects.requireNonNull(host, "host");
    if (protocol.isBlank()) {
      throw new IllegalArgumentException("Address protocol is blank; use \"grpc\" or \"grpcs\"");
    }
    if (!isPlain(host) && !UnusualHost.FORM.matcher(host).matches()) {
      throw new IllegalArgumentException(
          ("Address host \"%s\" is not a host name or an IP literal; write it without"
                  + " scheme, brackets, path and spaces")
              .formatted(host));
    }
    if (port < 1 || port > 65535) {
      throw new IllegalArgumentException(
          "Address port " + port + " of host " + host + " is not in 1 to 65535");
    }
  }

  private static boolean isPlain(String host) {
    for (int i = 0; i < host.length(); i++) {
      char c = host.charAt(i);
      boolean letterOrDigit = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
      if (!letterOrDigit && c != '.' && c != '-') {
        return false;
      }
    }
    return !host.isEmpty();
  }

  /** Returns a plain gRPC address. */
  public static Address grpc(String host, int port) {
    return new Address(GRPC, host, port);
  }

  /** Returns {@code host:port}, with brackets around an IPv6 literal. */
  public String hostAndPort() {
    String name = host.indexOf(':') >= 0 ? "[" + host + "]" : host;
    // Without a call site of its own for texts and numbers, which takes long at a start.
    return name.concat(":").concat(Integer.toString(port));
  }

  @Override
  public String toString() {
    return protocol + "://" + hostAndPort();
  }
}
