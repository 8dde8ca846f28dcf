package io.fairlead.gateway.internal.proxy;

import io.fairlead.discovery.Registry;
import io.fairlead.discovery.RegistryProvider;
import java.net.URI;
import java.util.ServiceLoader;
import java.util.TreeSet;

/**
 * A registry, or the address of one that each server opens for itself.
 *
 * @param owned whether the server closes it
 */
public record RegistryOpener(
    String name, boolean owned, java.util.function.Supplier<Registry> code) {

  /** A registry that its owner closes. */
  public static RegistryOpener of(Registry shared) {
    return new RegistryOpener("the registry", false, () -> shared);
  }

  /** The registry at an address such as {@code etcd://127.0.0.1:2379}. */
  public static RegistryOpener of(String url) {
    URI uri = URI.create(url);
    if (uri.getScheme() == null) {
      throw new IllegalArgumentException(
          "the registry \"" + url + "\" has no scheme; write it like \"etcd://127.0.0.1:2379\"");
    }
    return new RegistryOpener(url, true, () -> open(uri));
  }

  Registry open() {
    return code.get();
  }

  private static Registry open(URI url) {
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
