package io.fairlead.gateway.internal;

import io.fairlead.gateway.internal.http.HttpExchange;
import io.fairlead.gateway.internal.http.RequestHead;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.HttpHeaders;
import org.jspecify.annotations.Nullable;

/** Adds what CORS needs, and what every response has, to whatever answers. */
record CorsExchange(HttpExchange delegate, CorsRules rules) implements HttpExchange {

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
    headers.set("x-content-type-options", "nosniff");
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
