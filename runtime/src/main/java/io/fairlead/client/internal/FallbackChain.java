package io.fairlead.client.internal;

import com.google.protobuf.ByteString;
import io.fairlead.RpcException;
import io.fairlead.observe.FallbackKind;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * The fallbacks of a method, in order: the application's function, the last successful response to
 * the same request, the default message. Every use is counted.
 *
 * <p>One chain serves all calls of a method. It runs where the call ends, or on a callback thread
 * if the function may block there.
 */
final class FallbackChain {
  private static final System.Logger LOG = System.getLogger(FallbackChain.class.getName());

  private final @Nullable Fallback<Object, Object> function;
  private final @Nullable ResponseCache stale;
  private final @Nullable Object defaultMessage;
  private final LongAdder servedCount;

  FallbackChain(
      @Nullable Fallback<Object, Object> function,
      @Nullable ResponseCache stale,
      @Nullable Object defaultAnswer,
      LongAdder uses) {
    this.function = function;
    this.stale = stale;
    this.defaultMessage = defaultAnswer;
    this.servedCount = uses;
  }

  /** The application's function may block, so it stays off the event loops. */
  boolean mayBlock() {
    return function != null;
  }

  /** What becomes of a failure. */
  sealed interface Outcome {}

  /**
   * A fallback is served in its place.
   *
   * @param response of the response type of the method that this is for
   * @param ageNanos of a response that was kept; 0 for others
   */
  record Served(Object response, FallbackKind kind, long ageNanos) implements Outcome {
    Served(Object response, FallbackKind kind) {
      this(response, kind, 0);
    }
  }

  /** It reaches the caller after all. */
  record None(String reason) implements Outcome {}

  /**
   * The fallback for a failure, if there is one.
   *
   * @param key of the call in the cache, or null
   */
  Outcome resolve(Object request, @Nullable ByteString key, RpcException failure) {
    Outcome outcome = fromFunction(request, key, failure);
    if (outcome instanceof Served served) {
      servedCount.increment();
      LOG.log(System.Logger.Level.DEBUG, "fallback {0} served for: {1}", served.kind, failure);
    }
    return outcome;
  }

  private Outcome fromFunction(Object request, @Nullable ByteString key, RpcException failure) {
    String why = "";
    if (function != null) {
      try {
        Object made = function.apply(originalRequest(request), failure);
        if (made != null) {
          return new Served(made, FallbackKind.FUNCTION);
        }
        why = "the fallback let it through";
      } catch (RuntimeException e) {
        why = "the fallback failed: " + e;
        LOG.log(System.Logger.Level.WARNING, "the fallback of " + failure.method() + " failed", e);
      }
    }
    ResponseCache.Entry kept = stale == null || key == null ? null : stale.stale(key);
    if (stale != null && kept != null) {
      return new Served(kept.response(), FallbackKind.STALE_IF_ERROR, stale.age(kept));
    }
    return defaultMessage == null
        ? new None(why)
        : new Served(defaultMessage, FallbackKind.DEFAULT_MESSAGE);
  }

  private static Object originalRequest(Object request) {
    return request instanceof ReplayableRequest replayable ? replayable.original() : request;
  }
}
