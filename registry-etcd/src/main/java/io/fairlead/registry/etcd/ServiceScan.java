package io.fairlead.registry.etcd;

import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;

/** Finds the names of all services, page by page. Only entries that decode count. */
final class ServiceScan {
  private static final int PAGE = 1000;

  private final Link link;
  private final EndpointCodec codec;
  private final CompletableFuture<List<String>> found;
  private final TreeSet<String> services = new TreeSet<>();

  ServiceScan(Link link, EndpointCodec codec, CompletableFuture<List<String>> found) {
    this.link = link;
    this.codec = codec;
    this.found = found;
  }

  /** A registry that was just opened is waited for: it has not failed yet. */
  void start() {
    Futures.whenComplete(
        link.eventLoop(), link.firstAnswer(), (done, thrown) -> page(codec.root()));
  }

  private void page(String from) {
    EtcdClient client = link.client();
    if (client == null) {
      found.completeExceptionally(link.downReason());
      return;
    }
    Futures.whenComplete(
        link.eventLoop(),
        client.page(
            "list the services under " + codec.root(), from, KeyRange.prefix(codec.root()), PAGE),
        (snapshot, thrown) -> {
          if (thrown != null) {
            found.completeExceptionally(link.failureOf(client.session(), thrown));
            return;
          }
          snapshot.keys().forEach(this::add);
          if (snapshot.keys().size() < PAGE) {
            found.complete(List.copyOf(services));
          } else {
            // The smallest key after the last one of this page.
            page(snapshot.keys().get(PAGE - 1).key() + '\0');
          }
        });
  }

  private void add(KeyRecord record) {
    String path = record.key().substring(codec.root().length());
    int slash = path.lastIndexOf('/');
    if (slash <= 0 || slash == path.length() - 1) {
      return;
    }
    String service = path.substring(0, slash);
    if (!services.contains(service)
        && decodes(service, path.substring(slash + 1), record.value())) {
      services.add(service);
    }
  }

  private boolean decodes(String service, String id, String value) {
    try {
      codec.decode(service, id, value);
      return true;
    } catch (MalformedEntryException | IllegalArgumentException foreign) {
      return false;
    }
  }
}
