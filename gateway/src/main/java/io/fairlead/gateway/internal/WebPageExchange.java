package io.fairlead.gateway.internal;

import io.fairlead.gateway.internal.call.Query;
import io.fairlead.gateway.internal.http.HttpExchange;
import io.fairlead.management.WebException;
import io.fairlead.management.WebExchange;
import io.grpc.StatusRuntimeException;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * A request as a handler of web pages sees it, on its own thread. What it writes is sent on the
 * event loop; a handler that writes faster than the caller reads is made to wait.
 */
final class WebPageExchange implements WebExchange {
  /** How much may wait to leave before the handler waits. */
  private static final int MOST_WAITING = 256 << 10;

  private final HttpExchange exchange;
  private final String path;
  private final DefaultHttpHeaders headers = new DefaultHttpHeaders();
  private byte[] body = {};
  private boolean answered;

  /** Guarded by the monitor, as is {@link #cancelled}. */
  private int waiting;

  private boolean cancelled;

  WebPageExchange(HttpExchange exchange, String mount) {
    this.exchange = exchange;
    String whole = exchange.request().path();
    String rest = mount.equals("/") ? whole : whole.substring(mount.length());
    this.path = rest.isEmpty() ? "/" : rest;
  }

  void body(byte[] bytes) {
    body = bytes;
  }

  @Override
  public String method() {
    return exchange.request().method();
  }

  @Override
  public String path() {
    try {
      return URLDecoder.decode(path.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw new WebException(400, "the path has a bad escape: " + path);
    }
  }

  @Override
  public Optional<String> parameter(String name) {
    try {
      Query query = Query.parse(exchange.request().query());
      return query.has(name) ? Optional.of(query.first(name)) : Optional.empty();
    } catch (StatusRuntimeException e) {
      throw new WebException(400, String.valueOf(e.getStatus().getDescription()));
    }
  }

  @Override
  public Optional<String> header(String name) {
    return Optional.ofNullable(exchange.request().headers().get(name));
  }

  @Override
  public InputStream body() {
    return new ByteArrayInputStream(body);
  }

  @Override
  public void setHeader(String name, String value) {
    headers.set(name, value);
  }

  private void answer(String contentType) {
    if (answered) {
      throw new IllegalStateException("the response has begun already");
    }
    answered = true;
    headers.set("content-type", contentType);
  }

  @Override
  public void respond(int status, String contentType, byte[] bytes) {
    answer(contentType);
    onLoop(() -> exchange.respond(status, headers, Unpooled.wrappedBuffer(bytes)));
  }

  @Override
  public OutputStream stream(int status, String contentType) {
    answer(contentType);
    onLoop(() -> exchange.begin(status, headers));
    return new Body();
  }

  private void onLoop(Runnable code) {
    exchange.loop().execute(code);
  }

  /** Answers for a handler that did not. */
  void finish() {
    if (!answered) {
      answered = true;
      onLoop(() -> exchange.respond(204, headers, Unpooled.EMPTY_BUFFER));
    }
  }

  void fail(int status, String text) {
    if (answered) {
      onLoop(exchange::abort);
    } else {
      respond(status, "text/plain", text + "\n");
    }
  }

  @Override
  public void respond(int status, String contentType, String text) {
    respond(status, contentType + "; charset=utf-8", text.getBytes(StandardCharsets.UTF_8));
  }

  synchronized void cancel() {
    cancelled = true;
    notifyAll();
  }

  synchronized boolean isCancelled() {
    return cancelled;
  }

  private synchronized void left(int bytes) {
    waiting -= bytes;
    notifyAll();
  }

  private synchronized void enter(int bytes) throws IOException {
    try {
      while (!cancelled && waiting > MOST_WAITING) {
        wait();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while the caller was reading");
    }
    if (cancelled) {
      throw new IOException("the caller has gone");
    }
    waiting += bytes;
  }

  private final class Body extends OutputStream {
    private boolean closed;

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      if (closed) {
        throw new IOException("the response has ended");
      }
      if (length == 0) {
        return;
      }
      enter(length);
      byte[] copy = new byte[length];
      System.arraycopy(bytes, offset, copy, 0, length);
      onLoop(() -> exchange.write(Unpooled.wrappedBuffer(copy)).addListener(done -> left(length)));
    }

    @Override
    public void close() {
      if (!closed) {
        closed = true;
        onLoop(() -> exchange.end(null));
      }
    }
  }
}
