package io.fairlead.gateway.internal;

import io.fairlead.gateway.internal.http.BodyReceiver;
import io.fairlead.gateway.internal.http.HttpExchange;
import io.fairlead.management.WebException;
import io.fairlead.management.WebHandler;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/** A request for a web page: its body is collected, then its handler runs where it may block. */
final class WebPage implements BodyReceiver {
  private static final System.Logger LOG = System.getLogger(WebPage.class.getName());

  private final HttpExchange exchange;
  private final WebPageExchange page;
  private final WebHandler handler;
  private final Executor threads;
  private final int limit;
  private final ByteBuf body = Unpooled.buffer(0);
  private boolean refused;

  private WebPage(
      HttpExchange exchange, String mount, WebHandler handler, Executor threads, int limit) {
    this.exchange = exchange;
    this.page = new WebPageExchange(exchange, mount, WebPageExchange.PATIENCE);
    this.handler = handler;
    this.threads = threads;
    this.limit = limit;
  }

  static BodyReceiver begin(
      HttpExchange exchange, String mount, WebHandler handler, Executor threads, int limit) {
    return new WebPage(exchange, mount, handler, threads, limit);
  }

  @Override
  public void data(ByteBuf data) {
    try {
      if (refused) {
        return;
      }
      if (data.readableBytes() > limit - body.readableBytes()) {
        refused = true;
        answer(exchange, 413, "the body has more than " + limit + " bytes");
        return;
      }
      body.writeBytes(data);
    } finally {
      data.release();
    }
  }

  static void answer(HttpExchange exchange, int status, String text) {
    exchange.respond(
        status,
        new DefaultHttpHeaders().set("content-type", "text/plain; charset=utf-8"),
        Unpooled.copiedBuffer(text + "\n", StandardCharsets.UTF_8));
  }

  @Override
  public void end() {
    if (refused) {
      return;
    }
    page.body(ByteBufUtil.getBytes(body));
    try {
      threads.execute(this::run);
    } catch (RejectedExecutionException e) {
      answer(exchange, 503, "too many requests at once; try again");
    }
  }

  private void run() {
    try {
      handler.handle(page);
      page.finish();
    } catch (WebException e) {
      page.fail(e.status(), String.valueOf(e.getMessage()));
    } catch (IOException | RuntimeException | Error e) {
      if (!page.isCancelled()) {
        LOG.log(Level.WARNING, "the handler of " + exchange.request().path() + " failed", e);
        page.fail(500, "the handler failed; the log of the server has the cause");
      }
    }
  }

  @Override
  public void cancelled() {
    page.cancel();
  }
}
