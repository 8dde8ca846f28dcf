package io.fairlead.registry.etcd;

import java.net.URI;
import java.net.URISyntaxException;

/** One address of etcd, as {@code http://host:port} or {@code https://host:port}. */
record EtcdEndpoint(String host, int port, boolean tls) {
  static final int DEFAULT_PORT = 2379;

  static EtcdEndpoint parse(String text) {
    String full = text.contains("://") ? text : "http://" + text;
    URI uri;
    try {
      uri = new URI(full);
    } catch (URISyntaxException e) {
      throw wrong(text);
    }
    String scheme = uri.getScheme();
    String path = uri.getPath() == null ? "" : uri.getPath();
    boolean known = "http".equals(scheme) || "https".equals(scheme);
    if (!known || uri.getHost() == null || !(path.isEmpty() || path.equals("/"))) {
      throw wrong(text);
    }
    int port = uri.getPort() == -1 ? DEFAULT_PORT : uri.getPort();
    return new EtcdEndpoint(uri.getHost(), port, "https".equals(scheme));
  }

  private static IllegalArgumentException wrong(String text) {
    return new IllegalArgumentException(
        "etcd endpoint \"" + text + "\" is not http://host:port or https://host:port");
  }

  /** Returns the target for a channel; the host of an IPv6 literal comes with its brackets. */
  String hostAndPort() {
    return host + ":" + port;
  }

  /** Returns whether only this host can reach it by this name. */
  boolean loopback() {
    return host.equals("localhost")
        || host.endsWith(".localhost")
        || host.startsWith("127.")
        || host.equals("[::1]");
  }

  @Override
  public String toString() {
    return (tls ? "https://" : "http://") + hostAndPort();
  }
}
