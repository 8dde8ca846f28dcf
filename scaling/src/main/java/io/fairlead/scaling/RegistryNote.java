package io.fairlead.scaling;

import io.fairlead.discovery.Address;
import io.fairlead.discovery.Endpoint;
import io.fairlead.discovery.Registration;
import io.fairlead.discovery.Registry;
import java.lang.System.Logger.Level;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * An entry in a registry that is no endpoint: figures that a process has for others. It is there as
 * long as its process lives.
 *
 * <p>It is marked as draining, so that nobody calls it. A registry also keeps endpoints that
 * disappear without a word, but not those that were about to leave: this one is gone with the lease
 * of a process that was killed.
 */
final class RegistryNote implements AutoCloseable {
  /** Before the name of the service whose calls wait. */
  static final String WAITING = "fairlead-waiting-";

  /** Before the name of the service that is scaled. */
  static final String DECISIONS = "fairlead-scaling-";

  private static final System.Logger LOG = System.getLogger("io.fairlead.scaling");

  private final Registry registry;
  private final String name;
  private final String id;

  /** A name that no network resolves. Some layouts of keys tell entries apart by their address. */
  private final Address nowhere = Address.grpc(random() + ".invalid", 1);

  /** Null while there is no entry; guarded by this object's lock, as is {@link #closed}. */
  private @Nullable Registration registration;

  private boolean closed;

  RegistryNote(Registry registry, String name, String id) {
    this.registry = registry;
    this.name = name;
    this.id = id;
  }

  /** Returns an id for one process, where the user has not given one. */
  static String processId() {
    return ProcessHandle.current().pid() + "-" + random();
  }

  private static String random() {
    return HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());
  }

  /** Returns whether there is an entry, or one is being made. */
  synchronized boolean isThere() {
    return registration != null;
  }

  /** Makes the entry, or replaces what it says. Does not wait for the registry. */
  synchronized void put(Map<String, String> figures) {
    if (closed) {
      return;
    }
    Endpoint entry =
        Endpoint.builder(id).addresses(nowhere).weight(0).tags(figures).draining(true).build();
    try {
      Registration present = registration;
      if (present == null) {
        registration = registry.register(name, entry);
      } else {
        // What was not written now is written with the next change, or with the next lease.
        var unused =
            present
                .update(entry)
                .exceptionally(
                    failure -> {
                      LOG.log(Level.DEBUG, () -> name + "/" + id + " is not written: " + failure);
                      return null;
                    });
      }
    } catch (IllegalStateException e) {
      LOG.log(Level.DEBUG, () -> name + "/" + id + " cannot be written: " + e); // it is closed
    }
  }

  /** Takes the entry out; waits for the registry, within its bound. */
  void remove() {
    Registration present;
    synchronized (this) {
      present = registration;
      registration = null;
    }
    if (present != null) {
      present.close();
    }
  }

  /** Takes the entry out for good. */
  @Override
  public void close() {
    synchronized (this) {
      closed = true;
    }
    remove();
  }

  @Override
  public String toString() {
    return name + "/" + id;
  }
}
