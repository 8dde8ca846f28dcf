package io.fairlead.samples.aiplatform.events;

import io.fairlead.samples.aiplatform.common.LinkSecurity;
import io.fairlead.samples.aiplatform.common.Settings;
import java.net.URI;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/** Where the broker is, and what proves to it who connects. */
public final class BrokerLink {
  private final URI uri;
  private final @Nullable SSLContext tls;

  private BrokerLink(URI uri, @Nullable SSLContext tls) {
    this.uri = uri;
    this.tls = tls;
  }

  /** Returns that of a process: {@code broker=amqp://host:port}, or amqps with {@code tls=...}. */
  public static BrokerLink of(Settings settings) {
    URI uri = URI.create(settings.text("broker"));
    boolean secured = "amqps".equals(uri.getScheme());
    return new BrokerLink(uri, secured ? LinkSecurity.context(settings.text("tls")) : null);
  }

  String host() {
    return uri.getHost();
  }

  int port() {
    return uri.getPort();
  }

  /** Returns what TLS needs; null for a link without it. */
  @Nullable SSLContext tls() {
    return tls;
  }
}
