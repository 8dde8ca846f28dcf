package io.fairlead.policy;

import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Sends copies of calls elsewhere and compares the answers, as policies with a {@code mirror} say.
 * A channel without one sends none, whatever its policies say. {@code Mirror} of {@code
 * fairlead-experiments} is one.
 */
public interface CallMirror {
  /**
   * Returns who copies the calls of a unary method under this policy. Called when the policy of the
   * method is made, and again when it changes.
   *
   * @param noSideEffects whether the contract lets a server execute the method any number of times
   * @param results hears of each copy, on any thread
   * @throws IllegalArgumentException if the policy cannot be honoured; the message says why, and
   *     the way out
   */
  <Q, R> Copier<Q, R> copier(
      MethodDescriptor<Q, R> method,
      boolean noSideEffects,
      MirrorPolicy policy,
      Consumer<Result> results);

  /** Copies calls of one method. Safe for use by several threads. */
  @FunctionalInterface
  interface Copier<Q, R> {
    /**
     * Takes a call whose caller has the answer, and copies it or does not. Runs on the thread that
     * ended the call, and must not block.
     *
     * @param headers of the call, as its caller gave them; not to be changed
     * @param status with which it ended
     * @param response that the caller got; null for a failure
     */
    void answered(Q request, Metadata headers, Status status, @Nullable R response);
  }

  /** How the two answers to a call compare. */
  enum Result {
    /** Both sides gave equal responses, or failed with the same code. */
    EQUAL,
    /** Both sides answered, and not the same. */
    DIFFERENT,
    /** The copy failed, and the caller's call did not. */
    FAILED,
    /** The call was left out, as too many copies were under way. */
    SKIPPED
  }
}
