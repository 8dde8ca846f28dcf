package io.fairlead.client;

import com.google.protobuf.MessageLite;
import io.grpc.ClientCall;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the caller of a stream has said, as long as the stream could be begun, or begun again.
 * Guarded by the monitor of its call.
 */
final class Requests<Q> {
  /** Kept at most: a bound on memory; a stream that sends more is not begun again. */
  static final int MOST = 64;

  static final long MOST_BYTES = 1 << 20;

  private final boolean onlyOne;
  private final List<Q> kept = new ArrayList<>(1);
  private long bytes;
  private @Nullable Boolean compression;
  private boolean halfClosed;
  private int wanted;

  Requests(boolean onlyOne) {
    this.onlyOne = onlyOne;
  }

  /** Responses that the caller asked for. */
  void want(int responses) {
    wanted += responses;
  }

  void compress(boolean enabled) {
    compression = enabled;
  }

  void add(Q message) {
    if (onlyOne && !kept.isEmpty()) {
      throw new IllegalStateException("the method takes one request: a second cannot be sent");
    }
    kept.add(message);
    bytes += size(message);
  }

  /** Known already of each, as it was compared with the largest allowed. */
  private static int size(Object message) {
    if (message instanceof KeptRequest request) {
      return request.size();
    }
    return message instanceof MessageLite lite ? lite.getSerializedSize() : 0;
  }

  void halfClose() {
    halfClosed = true;
  }

  boolean areTooMany() {
    // The only request of a call is as large as it may be, as that of a unary call is.
    return !onlyOne && (kept.size() > MOST || bytes > MOST_BYTES);
  }

  @Nullable Q first() {
    return kept.isEmpty() ? null : kept.get(0);
  }

  /** Says all of it to a call that has just started. */
  void sendTo(ClientCall<Q, ?> call) {
    if (wanted > 0) {
      call.request(wanted);
    }
    if (compression != null) {
      call.setMessageCompression(compression);
    }
    kept.forEach(call::sendMessage);
    if (halfClosed) {
      call.halfClose();
    }
  }

  /** The stream will not be begun again. */
  void forget() {
    kept.clear();
  }
}
