package io.fairlead.client;

import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import io.fairlead.RpcException;
import io.fairlead.observe.FallbackKind;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * What stands in for a failure of a method, in order: the application's function, the last good
 * answer to the same request, the default message. Every use is counted.
 */
final class Rescues {
  private static final System.Logger LOG = System.getLogger(Rescues.class.getName());

  private final @Nullable Rescue<Object, Object> function;
  private final @Nullable LastGoodAnswers lastGood;
  private final @Nullable Object defaultAnswer;
  private final LongAdder uses;

  Rescues(
      @Nullable Rescue<Object, Object> function,
      @Nullable LastGoodAnswers lastGood,
      @Nullable Object defaultAnswer,
      LongAdder uses) {
    this.function = function;
    this.lastGood = lastGood;
    this.defaultAnswer = defaultAnswer;
    this.uses = uses;
  }

  /** The application's function may block, so it stays off the event loops. */
  boolean mayBlock() {
    return function != null;
  }

  void answered(Object request, @Nullable Object response) {
    if (lastGood != null && response != null) {
      lastGood.put(key(request), response);
    }
  }

  /** What becomes of a failure. */
  sealed interface Outcome {}

  /**
   * What is said in its place.
   *
   * @param message of the response type of the method that this is for
   */
  record Answer(Object message, FallbackKind by) implements Outcome {}

  /** It reaches the caller after all. */
  record Nothing(String why) implements Outcome {}

  /** What to say instead of a failure, if anything. */
  Outcome answer(Object request, RpcException failure) {
    Outcome outcome = instead(request, failure);
    if (outcome instanceof Answer answer) {
      uses.increment();
      LOG.log(System.Logger.Level.DEBUG, "{0} in place of a failure: {1}", answer.by, failure);
    }
    return outcome;
  }

  private Outcome instead(Object request, RpcException failure) {
    String why = "";
    if (function != null) {
      try {
        Object made = function.answer(asGiven(request), failure);
        if (made != null) {
          return new Answer(made, FallbackKind.FUNCTION);
        }
        why = "the fallback let it through";
      } catch (RuntimeException e) {
        why = "the fallback failed: " + e;
        LOG.log(System.Logger.Level.WARNING, "the fallback of " + failure.method() + " failed", e);
      }
    }
    Object kept = lastGood == null ? null : lastGood.get(key(request));
    if (kept != null) {
      return new Answer(kept, FallbackKind.STALE_IF_ERROR);
    }
    return defaultAnswer == null
        ? new Nothing(why)
        : new Answer(defaultAnswer, FallbackKind.DEFAULT_MESSAGE);
  }

  private static Object asGiven(Object request) {
    return request instanceof KeptRequest kept ? kept.original() : request;
  }

  private static ByteString key(Object request) {
    return request instanceof KeptRequest kept
        ? kept.key()
        : ((MessageLite) request).toByteString();
  }
}
