package io.fairlead.samples.quickstart;

import io.fairlead.etcd.embedded.EmbeddedEtcd;
import java.net.URI;
import org.jspecify.annotations.Nullable;

/**
 * The etcd of the quickstart: one of its own that it may take away, or the user's that it leaves
 * alone.
 */
final class Store implements AutoCloseable {
  private final String url;
  private @Nullable EmbeddedEtcd embedded;

  private Store(String url, @Nullable EmbeddedEtcd embedded) {
    this.url = url;
    this.embedded = embedded;
  }

  static Store open(String userUrl) {
    if (!userUrl.isEmpty()) {
      return new Store(userUrl, null);
    }
    EmbeddedEtcd etcd = EmbeddedEtcd.start();
    return new Store(etcd.endpoint(), etcd);
  }

  String url() {
    return url;
  }

  boolean isOurs() {
    return embedded != null;
  }

  /** Stops it; all that it stored is lost, for it is in memory. */
  void takeAway() {
    if (embedded != null) {
      embedded.close();
    }
  }

  /** Starts an empty one at the same address. */
  void bringBack() {
    embedded = EmbeddedEtcd.builder().port(URI.create(url).getPort()).start();
  }

  @Override
  public void close() {
    takeAway();
  }
}
