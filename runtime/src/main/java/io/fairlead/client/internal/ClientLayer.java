package io.fairlead.client.internal;

import io.fairlead.CallSettings;
import io.grpc.CallOptions;
import io.grpc.Deadline;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One concern of the calls of a method. A call walks down the layers when it is made and when it
 * begins, and its end walks up. A layer that refuses a call sends the end up from itself, so that
 * the layers below hear nothing of a call that never reached them.
 *
 * <p>Layers have no state of a call, so that all calls of a method share them.
 */
abstract class ClientLayer {
  private @Nullable ClientLayer outer;
  private @Nullable ClientLayer inner;

  /** Puts a layer below this one, and returns that. */
  final ClientLayer above(ClientLayer next) {
    inner = next;
    next.outer = this;
    return next;
  }

  private ClientLayer inner() {
    return Objects.requireNonNull(inner, "the innermost layer passes nothing on");
  }

  /** Returns the deadline of a call that is made with these options and settings, or null. */
  @Nullable Deadline deadline(CallOptions options, @Nullable CallSettings settings) {
    return inner == null ? options.getDeadline() : inner.deadline(options, settings);
  }

  /** Lets the call through to the layers below, or refuses it. */
  void begin(LayeredCall call) {
    inner().begin(call);
  }

  /** Ends the call from here: no layer below lets it through or hears of it. */
  final void refuse(LayeredCall call, CallEnd end) {
    call.refused(() -> passUp(call, end));
  }

  /** Takes in the end of a call that this layer let through. */
  void ended(LayeredCall call, CallEnd end) {
    passUp(call, end);
  }

  final void passUp(LayeredCall call, CallEnd end) {
    Objects.requireNonNull(outer, "the outermost layer passes nothing on").ended(call, end);
  }

  /** Returns the names of this layer and of those below it. */
  final String describe() {
    return inner == null ? toString() : this + " -> " + inner.describe();
  }

  /** Returns its name, for people. */
  @Override
  public abstract String toString();
}
