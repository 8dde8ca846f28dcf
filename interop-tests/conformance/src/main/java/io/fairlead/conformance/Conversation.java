package io.fairlead.conformance;

import com.google.protobuf.Any;
import connectrpc.conformance.v1.Service.ConformancePayload;
import connectrpc.conformance.v1.Service.Header;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One call of a client under test, of any shape. A method that takes one request makes its call
 * when all requests are sent. Used by one thread, apart from {@link #cancel}.
 */
interface Conversation {
  /** Sends a request; throws what the call failed with, if it takes no more. */
  void send(Any request) throws Exception;

  /** Says that all requests are sent. */
  void finish() throws Exception;

  /** Waits for the next payload; null at a good end. Throws what the call failed with. */
  @Nullable ConformancePayload next() throws Exception;

  /** Cancels the call. Any thread. */
  void cancel();

  /** The headers that came, so far as is known. */
  List<Header> headers();

  /** The trailers that came, so far as is known. */
  List<Header> trailers();
}
