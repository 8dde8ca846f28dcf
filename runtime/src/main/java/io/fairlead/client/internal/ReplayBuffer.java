package io.fairlead.client.internal;

import com.google.common.math.IntMath;
import com.google.protobuf.MessageLite;
import io.grpc.ClientCall;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What the caller of a stream has done and asked for, kept as long as the stream could be started
 * again. An attempt takes the steps one by one, and counts them itself.
 *
 * <p>It is bounded by messages and bytes. A stream that sends more before the server has responded
 * is bound to one attempt. Guarded by the monitor of its call.
 */
final class ReplayBuffer<Q> {
  /** Kept at most: a bound on memory; a stream that sends more is not begun again. */
  static final int MAX_MESSAGES = 64;

  static final long MAX_BYTES = 1 << 20;

  private final boolean singleRequest;
  private final List<Consumer<ClientCall<Q, ?>>> steps = new ArrayList<>(2);

  /** Of a call with one request, which a fallback may ask for at its end; others keep none. */
  private @Nullable Q only;

  private int messages;
  private long bytes;
  private int requestedResponses;

  ReplayBuffer(boolean onlyOne) {
    this.singleRequest = onlyOne;
  }

  /** Responses that the caller asked for. */
  void addRequested(int responses) {
    requestedResponses = IntMath.saturatedAdd(requestedResponses, responses);
  }

  /** Returns how many responses the caller has asked for. */
  int requested() {
    return requestedResponses;
  }

  void setCompression(boolean enabled) {
    steps.add(call -> call.setMessageCompression(enabled));
  }

  void add(Q message) {
    if (singleRequest && messages > 0) {
      throw new IllegalStateException("the method takes one request: a second cannot be sent");
    }
    if (messages++ == 0 && singleRequest) {
      only = message;
    }
    bytes += size(message);
    steps.add(call -> call.sendMessage(message));
  }

  /** Known already of each, as it was compared with the largest allowed. */
  private static int size(Object message) {
    if (message instanceof ReplayableRequest request) {
      return request.size();
    }
    return message instanceof MessageLite lite ? lite.getSerializedSize() : 0;
  }

  void halfClose() {
    steps.add(ClientCall::halfClose);
  }

  boolean exceedsLimit() {
    // The only request of a call is as large as it may be, as that of a unary call is.
    return !singleRequest && (messages > MAX_MESSAGES || bytes > MAX_BYTES);
  }

  /** Returns the one request of a call, if it was sent. */
  @Nullable Q only() {
    return only;
  }

  /** Returns the step with this number, from 0, or null if the caller has not done it yet. */
  @Nullable Consumer<ClientCall<Q, ?>> step(int number) {
    return number < steps.size() ? steps.get(number) : null;
  }

  /** The stream will not be begun again, and its attempt has taken all steps. */
  void clear() {
    steps.clear();
  }
}
