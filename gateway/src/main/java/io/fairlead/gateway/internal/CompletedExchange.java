package io.fairlead.gateway.internal;

import io.fairlead.gateway.internal.http.HttpExchange;
import io.fairlead.gateway.internal.http.RequestHead;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import org.jspecify.annotations.Nullable;

/** Adds what CORS needs, and what every response has, to whatever answers. */
record CompletedExchange(HttpExchange delegate, CorsRules rules, RequestIds ids)
    implements HttpExchange {
  private static final AsciiString CONTENT_TYPE_OPTIONS =
      AsciiString.cached("x-content-type-options");
  private static final AsciiString NO_SNIFF = AsciiString.cached("nosniff");

  @Override
  public RequestHead request() {
    return delegate.request();
  }

  @Override
  public EventLoop loop() {
    return delegate.loop();
  }

  @Override
  public void readBody(boolean wanted) {
    delegate.readBody(wanted);
  }

  private HttpHeaders complete(HttpHeaders headers) {
    headers.set(CONTENT_TYPE_OPTIONS, NO_SNIFF);
    ids.repeat(delegate.request().headers(), headers);
    rules.addTo(delegate.request(), headers);
    return headers;
  }

  @Override
  public void respond(int status, HttpHeaders headers, ByteBuf body) {
    delegate.respond(status, complete(headers), body);
  }

  @Override
  public void begin(int status, HttpHeaders headers) {
    delegate.begin(status, complete(headers));
  }

  @Override
  public ChannelFuture write(ByteBuf data) {
    return delegate.write(data);
  }

  @Override
  public void end(@Nullable HttpHeaders trailers) {
    delegate.end(trailers);
  }

  @Override
  public void abort() {
    delegate.abort();
  }
}
