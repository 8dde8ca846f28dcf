package io.fairlead.server.internal.lifecycle;

import io.fairlead.discovery.Registry;
import io.fairlead.discovery.RegistryProvider;
import java.net.URI;
import java.util.Objects;
import java.util.ServiceLoader;
import java.util.TreeSet;

/**
 * Where a server announces itself: nowhere, in a registry of the application's, or in one that the
 * server opens. Whoever opened the registry closes it.
 */
public sealed interface RegistryBinding {

  /** Nowhere: clients know the address. */
  record None() implements RegistryBinding {}

  /** In a registry of the application's, which stays open when the server closes. */
  record Shared(Registry registry) implements RegistryBinding {
    public Shared {
      Objects.requireNonNull(registry, "registry");
    }
  }

  /** In a registry that the server opens, and closes as its last step. */
  record Opened(URI url) implements RegistryBinding {
    public Opened {
      Objects.requireNonNull(url, "url");
      if (url.getScheme() == null) {
        throw new IllegalArgumentException(
            "the registry \"" + url + "\" has no scheme; write it like \"etcd://127.0.0.1:2379\"");
      }
    }

    Registry open() {
      TreeSet<String> known = new TreeSet<>();
      for (RegistryProvider provider : ServiceLoader.load(RegistryProvider.class)) {
        if (provider.scheme().equals(url.getScheme())) {
          return provider.open(url);
        }
        known.add(provider.scheme());
      }
      throw new IllegalStateException(
          "no registry for \""
              + url
              + "\" is on the class path (found: "
              + (known.isEmpty() ? "none" : String.join(", ", known))
              + "); add the module that brings it, e.g. fairlead-registry-etcd for etcd://");
    }
  }
}
