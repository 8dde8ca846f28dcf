package io.fairlead.discovery;

import java.net.URI;

/** Opens a registry for a target like {@code etcd://host:2379/service}; found by ServiceLoader. */
public interface RegistryProvider {

  /** Returns the scheme of the targets that it serves, e.g. {@code "etcd"}. */
  String scheme();

  /** Opens the registry that the target's authority and query name. The caller closes it. */
  Registry open(URI target);
}
