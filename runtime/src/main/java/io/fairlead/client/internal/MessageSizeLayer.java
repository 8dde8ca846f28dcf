package io.fairlead.client.internal;

import com.google.protobuf.MessageLite;
import io.fairlead.internal.Plural;
import io.grpc.CallOptions;
import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/**
 * Refuses a request that is too large before grpc-java sees it.
 *
 * <p>grpc-java would find it in the middle of a write, and a call that still waits for its
 * connection would never end. A stream asks {@link #check} for each of its messages. The size that
 * is computed here is kept in the message and used again for the wire.
 */
final class MessageSizeLayer extends ClientLayer {
  @Override
  void begin(LayeredCall call) {
    Object request = call.request();
    Status tooLarge = request == null ? null : check(request, call.options());
    if (tooLarge == null) {
      super.begin(call);
    } else {
      refuse(call, CallEnd.refused(tooLarge, false));
    }
  }

  /**
   * Returns why the message cannot be sent, or null. Its size is needed for the wire anyway, and is
   * kept in the message.
   */
  static @Nullable Status check(Object message, CallOptions options) {
    if (message instanceof ReplayableRequest replayable) {
      return replayable.refusal();
    }
    Integer limit = options.getMaxOutboundMessageSize();
    if (limit == null || !(message instanceof MessageLite lite)) {
      return null;
    }
    int size = lite.getSerializedSize();
    return size <= limit ? null : exceeded("a request of " + Plural.of(size, "byte"), limit);
  }

  static Status exceeded(String what, int limit) {
    return Status.RESOURCE_EXHAUSTED.withDescription(
        what
            + " is larger than maxRequestBytes, "
            + limit
            + "; raise it, or send the data as a stream of parts");
  }

  @Override
  public String toString() {
    return "message size limit";
  }
}
