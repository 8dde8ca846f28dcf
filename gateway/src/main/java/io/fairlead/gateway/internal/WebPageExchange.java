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
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A request as a handler of web pages sees it, on its own thread. What it writes is sent on the
 * event loop; a handler that writes faster than the caller reads is made to wait.
 */
final class WebPageExchange implements WebExchange {
  /** How much may wait to leave before the handler waits. */
  private static final int MOST_WAITING = 256 << 10;

  /** The most of one write that is handed on at once. */
  private static final int PIECE = 64 << 10;

  /** How long a handler waits for its caller to take a piece. */
  static final Duration PATIENCE = Duration.ofSeconds(60);

  private final HttpExchange exchange;
  private final String mount;
  private final String path;
  private final Duration patience;
  private final DefaultHttpHeaders headers = new DefaultHttpHeaders();
  private byte[] body = {};
  private boolean answered;
  private @Nullable Body stream;

  /** Guarded by the monitor, as is {@link #cancelled}. */
  private int waiting;

  private boolean cancelled;

  WebPageExchange(HttpExchange exchange, String mount, Duration patience) {
    this.exchange = exchange;
    this.mount = mount.equals("/") ? "" : mount;
    this.patience = patience;
    String whole = exchange.request().path();
    String rest = whole.substring(this.mount.length());
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
  public String mount() {
    return mount;
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
    Body begun = new Body();
    stream = begun;
    return begun;
  }

  private void onLoop(Runnable code) {
    exchange.loop().execute(code);
  }

  /** Answers for a handler that did not, or ends a response that it left open. */
  void finish() {
    if (!answered) {
      answered = true;
      onLoop(() -> exchange.respond(204, headers, Unpooled.EMPTY_BUFFER));
    } else if (stream != null) {
      stream.close();
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

  /** Waits for room. A caller that makes none must not keep the thread, which calls need. */
  private synchronized void enter(int bytes) throws IOException {
    long end = System.nanoTime() + patience.toNanos();
    try {
      while (!cancelled && waiting > MOST_WAITING) {
        long millis = (end - System.nanoTime() + 999_999) / 1_000_000;
        if (millis <= 0) {
          cancelled = true;
          onLoop(exchange::abort);
          throw new IOException("the caller has not read for " + patience.toSeconds() + "s");
        }
        wait(millis);
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
      for (int at = 0; at < length; at += PIECE) {
        int size = Math.min(PIECE, length - at);
        enter(size);
        byte[] copy = new byte[size];
        System.arraycopy(bytes, offset + at, copy, 0, size);
        onLoop(() -> exchange.write(Unpooled.wrappedBuffer(copy)).addListener(done -> left(size)));
      }
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
