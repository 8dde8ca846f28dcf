package io.fairlead.discovery;

import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/**
 * A place where services announce themselves and are found. Implementations are safe for use by
 * many threads, heal themselves after any loss of their backend, and are closed by whoever opened
 * them.
 */
public interface Registry extends AutoCloseable {

  /**
   * Announces an endpoint and keeps it announced until the registration is closed, through any
   * outage. Returns at once; {@link Registration#status()} tells how far it is.
   */
  Registration register(String service, Endpoint endpoint);

  /**
   * Watches a service. The observer gets the present state first, then every change, one at a time
   * and in order, on a thread of the registry: it must not block.
   */
  Watch watch(String service, Consumer<? super Resolution> observer);

  /** Returns the names of all services that have an endpoint now, in order. */
  CompletionStage<List<String>> services();

  /**
   * Returns whether processes on other hosts can read what is announced here. There a loopback
   * address is of no use, and a server refuses to announce one.
   */
  default boolean spansHosts() {
    return true;
  }

  /** Leaves with every registration, ends every watch and releases what this registry holds. */
  @Override
  void close();
}
