package io.fairlead.server.internal.observe;

import io.fairlead.observe.ServerCallObserver;
import io.fairlead.observe.ServerCallOutcome;
import io.fairlead.observe.ServerCallOutcome.Kind;
import io.grpc.Metadata;
import io.grpc.ServerStreamTracer;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * Begins a record of each call that observers hear of.
 *
 * <p>grpc-java asks it before anything else, with the name that the caller sent. A name that the
 * server does not have is recorded as "other", so that callers cannot make up names for the
 * application's metrics. Calls of built-in services are not recorded.
 */
public final class ServerCallRecorderFactory extends ServerStreamTracer.Factory {
  private static final ServerStreamTracer NO_RECORD = new ServerStreamTracer() {};

  private final ServerCallObservers observers;
  private final Map<String, Kind> methods;
  private final Set<String> known;
  private final LongSupplier ticker;

  /**
   * Makes the factory of a server.
   *
   * @param methods the application's, by full name; safe for use by many threads, as more may come
   * @param known full names of all methods; observers do not hear of those that are built in
   */
  public ServerCallRecorderFactory(
      List<ServerCallObserver> observers,
      Map<String, Kind> methods,
      Set<String> known,
      LongSupplier ticker) {
    this.observers = new ServerCallObservers(observers);
    this.methods = methods;
    this.known = Set.copyOf(known);
    this.ticker = ticker;
  }

  @Override
  public ServerStreamTracer newServerStreamTracer(String fullMethodName, Metadata headers) {
    Kind kind = methods.get(fullMethodName);
    if (kind != null) {
      return new ServerCallRecorder(fullMethodName, kind, headers, this);
    }
    return known.contains(fullMethodName)
        ? NO_RECORD
        : new ServerCallRecorder(ServerCallOutcome.OTHER_METHOD, Kind.UNKNOWN, headers, this);
  }

  /** Returns who hears of the calls. */
  ServerCallObservers observers() {
    return observers;
  }

  long nanoTime() {
    return ticker.getAsLong();
  }
}
