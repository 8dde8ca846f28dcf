package io.fairlead.discovery;

import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/**
 * An endpoint that is kept announced. Safe for use by many threads; closed by whoever registered.
 */
public interface Registration extends AutoCloseable {

  /** Returns the service it was registered under. */
  String service();

  /** Returns the endpoint as it is announced now. */
  Endpoint endpoint();

  /** Returns its present state. */
  Status status();

  /** Returns the latest changes of state, oldest first; bounded. */
  List<Status> history();

  /**
   * Calls the observer with the present status and then with each change, on a thread of the
   * registry.
   */
  Watch watch(Consumer<? super Status> observer);

  /**
   * Announces the same endpoint with other data, e.g. another weight. The id must be the same. An
   * update may mark the endpoint as draining, and a later one may take the mark back.
   */
  CompletionStage<Void> update(Endpoint endpoint);

  /**
   * Tells clients that this endpoint is leaving on purpose, for good; done when the registry has
   * it.
   */
  CompletionStage<Void> drain();

  /**
   * Leaves: drains if that has not been done, removes the entry, and waits for both, within a
   * bound.
   */
  @Override
  void close();

  /** Where a registration stands. */
  enum State {
    /** Not in the registry yet. */
    REGISTERING,
    /** In the registry. */
    REGISTERED,
    /** Was in the registry; not known to be there now, and being put back. */
    LOST,
    /** Another process holds this name, and keeps it until it leaves. */
    DISPLACED,
    /** Left on purpose. */
    CLOSED
  }

  /**
   * A state and since when.
   *
   * @param detail what led there, in words
   */
  record Status(State state, Instant since, String detail) {
    public Status {
      Objects.requireNonNull(state, "state");
      Objects.requireNonNull(since, "since");
      Objects.requireNonNull(detail, "detail");
    }
  }
}
