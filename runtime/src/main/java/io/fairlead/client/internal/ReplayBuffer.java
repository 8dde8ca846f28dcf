package io.fairlead.client.internal;

import com.google.common.math.IntMath;
import com.google.protobuf.MessageLite;
import io.grpc.ClientCall;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the caller of a stream has sent and asked for, kept as long as the stream could be started
 * again.
 *
 * <p>It is bounded by messages and bytes. A stream that sends more before the server has responded
 * is committed to its attempt. Guarded by the monitor of its call.
 */
final class ReplayBuffer<Q> {
  /** Kept at most: a bound on memory; a stream that sends more is not begun again. */
  static final int MAX_MESSAGES = 64;

  static final long MAX_BYTES = 1 << 20;

  private final boolean singleRequest;
  private final List<Q> buffered = new ArrayList<>(1);
  private long bytes;
  private @Nullable Boolean compression;
  private boolean halfClosed;
  private int requestedResponses;

  ReplayBuffer(boolean onlyOne) {
    this.singleRequest = onlyOne;
  }

  /** Responses that the caller asked for. */
  void addRequested(int responses) {
    requestedResponses = IntMath.saturatedAdd(requestedResponses, responses);
  }

  void setCompression(boolean enabled) {
    compression = enabled;
  }

  void add(Q message) {
    if (singleRequest && !buffered.isEmpty()) {
      throw new IllegalStateException("the method takes one request: a second cannot be sent");
    }
    buffered.add(message);
    bytes += size(message);
  }

  /** Known already of each, as it was compared with the largest allowed. */
  private static int size(Object message) {
    if (message instanceof ReplayableRequest request) {
      return request.size();
    }
    return message instanceof MessageLite lite ? lite.getSerializedSize() : 0;
  }

  void halfClose() {
    halfClosed = true;
  }

  boolean exceedsLimit() {
    // The only request of a call is as large as it may be, as that of a unary call is.
    return !singleRequest && (buffered.size() > MAX_MESSAGES || bytes > MAX_BYTES);
  }

  @Nullable Q first() {
    return buffered.isEmpty() ? null : buffered.get(0);
  }

  /** Says all of it to a call that has just started. */
  void replayTo(ClientCall<Q, ?> call) {
    if (requestedResponses > 0) {
      call.request(requestedResponses);
    }
    if (compression != null) {
      call.setMessageCompression(compression);
    }
    buffered.forEach(call::sendMessage);
    if (halfClosed) {
      call.halfClose();
    }
  }

  /** The stream will not be begun again. */
  void clear() {
    buffered.clear();
  }
}
