package io.fairlead.client;

import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import io.fairlead.RpcException;
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

  /** What to say instead; of the response type of the method that these are for. */
  @Nullable Object answer(Object request, RpcException failure) {
    Object instead = instead(request, failure);
    if (instead != null) {
      uses.increment();
      LOG.log(System.Logger.Level.DEBUG, "answered in place of a failure: {0}", failure);
    }
    return instead;
  }

  private @Nullable Object instead(Object request, RpcException failure) {
    if (function != null) {
      try {
        Object made = function.answer(request, failure);
        if (made != null) {
          return made;
        }
      } catch (RuntimeException e) {
        failure.addSuppressed(e);
        LOG.log(System.Logger.Level.WARNING, "the fallback of " + failure.method() + " failed", e);
      }
    }
    Object kept = lastGood == null ? null : lastGood.get(key(request));
    return kept != null ? kept : defaultAnswer;
  }

  private static Object key(Object request) {
    return request instanceof MessageLite message
        ? message.toByteString()
        : ByteString.copyFromUtf8(request.toString());
  }
}
