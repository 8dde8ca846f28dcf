package io.fairlead.gateway.internal.http;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.HttpHeaders;
import org.jspecify.annotations.Nullable;

/**
 * A request and its response, of either version of HTTP. To be used on its event loop alone. After
 * the end, or when the caller has gone, everything here does nothing.
 */
public interface HttpExchange {
  /** Returns the head of the request. */
  RequestHead request();

  /** Returns the loop that everything of this exchange happens on. */
  EventLoop loop();

  /** Says whether more of the body is wanted; at first it is. What has arrived still comes. */
  void readBody(boolean wanted);

  /** Answers with a whole body. */
  void respond(int status, HttpHeaders headers, ByteBuf body);

  /** Begins a response of unknown length. */
  void begin(int status, HttpHeaders headers);

  /** Sends a part of the body at once, after {@link #begin}. The future completes when it left. */
  ChannelFuture write(ByteBuf data);

  /** Ends the response, after {@link #begin}. */
  void end(@Nullable HttpHeaders trailers);

  /** Ends the exchange so that the caller notices that its response is not complete. */
  void abort();
}
