package io.fairlead.gateway.internal.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A connection of HTTP/1.1.
 *
 * <p>One request is answered at a time; what a caller sends ahead waits. After anything that cannot
 * be read the connection ends, because nobody knows where the next request begins. grpc-java does
 * not know this connection, so its timers are here.
 */
@SuppressWarnings("FutureReturnValueIgnored") // a write that fails ends the connection
final class Http1Connection extends ChannelDuplexHandler {
  /** How many parts of later requests wait before the connection is not read any more. */
  private static final int MOST_AHEAD = 16;

  private final HttpService service;
  private final ConnectionInfo info;
  private final ConnectionLimits limits;
  private final GatewayConnections connections;
  private final Deque<HttpObject> ahead = new ArrayDeque<>();

  /** How many parts of responses have left, for {@link #watch}. */
  private long partsLeft;

  private final ChannelFutureListener counting = done -> partsLeft++;

  /** Set on the loop, and read by the threads that end the server. */
  private volatile @Nullable ChannelHandlerContext ctx;

  /** The request that is being answered, until its response has left completely. */
  private @Nullable Exchange current;

  private @Nullable Future<?> timer;

  /** Runs while something waits to leave. */
  private @Nullable Future<?> watch;

  /** Whether {@link #proceed} is at work, further out on the stack. */
  private boolean proceeding;

  /** Whether the connection ends with the present response. */
  private boolean last;

  /** Whether the last response has ended: whatever comes now is thrown away. */
  private boolean lingering;

  Http1Connection(
      HttpService service,
      ConnectionInfo info,
      ConnectionLimits limits,
      GatewayConnections connections) {
    this.service = service;
    this.info = info;
    this.limits = limits;
    this.connections = connections;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext added) {
    ctx = added;
    closeAfter(limits.idle());
    // The server may have begun to close before it could reach this.
    connections.ready(this);
  }

  private ChannelHandlerContext ctx() {
    ChannelHandlerContext known = ctx;
    if (known == null) {
      throw new IllegalStateException("not in a pipeline");
    }
    return known;
  }

  @Override
  public void channelRead(ChannelHandlerContext in, Object message) {
    ahead.add((HttpObject) message);
    proceed();
    if (ahead.size() >= MOST_AHEAD) {
      in.channel().config().setAutoRead(false);
    }
  }

  /**
   * Takes what has come, up to the end of the request that is being answered. The next is taken
   * when the response has left: otherwise a caller that does not read could pile up responses here.
   */
  private void proceed() {
    if (proceeding) {
      return;
    }
    proceeding = true;
    try {
      while (true) {
        Exchange exchange = current;
        if (exchange != null && exchange.inputEnded && !lingering) {
          if (!exchange.left) {
            return;
          }
          current = null;
          if (last) {
            end(true);
            continue;
          }
          closeAfter(limits.idle());
          ctx().channel().config().setAutoRead(true);
        }
        HttpObject part = ahead.poll();
        if (part == null) {
          return;
        }
        if (lingering) {
          ReferenceCountUtil.release(part);
        } else {
          take(part);
        }
      }
    } finally {
      proceeding = false;
    }
  }

  private void take(HttpObject part) {
    if (part.decoderResult().isFailure()) {
      ReferenceCountUtil.release(part);
      refuse(part.decoderResult().cause());
      return;
    }
    if (part instanceof HttpRequest request) {
      begin(request);
    }
    if (part instanceof HttpContent content) {
      Exchange exchange = current;
      if (exchange == null) {
        content.release();
      } else {
        exchange.receive(content);
      }
    }
  }

  private void begin(HttpRequest request) {
    closeAfter(limits.bodyPause());
    HttpHeaders headers = request.headers();
    boolean http10 = request.protocolVersion().compareTo(HttpVersion.HTTP_1_1) < 0;
    String host = headers.get(HttpHeaderNames.HOST);
    if (!HttpUtil.isKeepAlive(request)) {
      last = true;
    }
    String target = request.uri();
    if (!target.startsWith("/") && !target.equals("*")) {
      int slashes = target.indexOf("://");
      int path = slashes < 0 ? -1 : target.indexOf('/', slashes + 3);
      if (slashes < 0) {
        refuse(400, "the target of a request is a path or a whole URL, not " + target);
        return;
      }
      host = path < 0 ? target.substring(slashes + 3) : target.substring(slashes + 3, path);
      target = path < 0 ? "/" : target.substring(path);
    }
    if (!http10 && (host == null || headers.getAll(HttpHeaderNames.HOST).size() != 1)) {
      refuse(400, "a request of HTTP/1.1 has one Host header");
      return;
    }
    if (headers.contains(HttpHeaderNames.TRANSFER_ENCODING)
        && (http10 || !isChunkedAlone(headers))) {
      refuse(400, "the only Transfer-Encoding is chunked, of HTTP/1.1");
      return;
    }
    Exchange exchange =
        new Exchange(
            RequestHead.of(
                request.method().name(), target, headers, host == null ? "" : host, info),
            http10);
    String length = headers.get(HttpHeaderNames.CONTENT_LENGTH);
    exchange.bodiless =
        (length == null || length.equals("0"))
            && !headers.contains(HttpHeaderNames.TRANSFER_ENCODING);
    current = exchange;
    if (HttpUtil.is100ContinueExpected(request)) {
      exchange.continueExpected = true;
    } else if (headers.contains(HttpHeaderNames.EXPECT)) {
      exchange.respondText(417, "the only expectation is 100-continue");
      return;
    }
    exchange.receiver = service.begin(exchange);
    exchange.sendContinue();
  }

  private static boolean isChunkedAlone(HttpHeaders headers) {
    var values = headers.getAll(HttpHeaderNames.TRANSFER_ENCODING);
    return values.size() == 1 && values.get(0).trim().toLowerCase(Locale.ROOT).equals("chunked");
  }

  /** Answers what cannot be read, and ends the connection. */
  private void refuse(Throwable cause) {
    String text = String.valueOf(cause.getMessage());
    if (cause instanceof TooLongHttpLineException) {
      refuse(414, "the first line of a request has at most " + limits.lineBytes() + " bytes");
    } else if (cause instanceof TooLongHttpHeaderException
        || cause instanceof TooLongFrameException) {
      refuse(431, "the headers of a request have at most " + limits.headerBytes() + " bytes");
    } else {
      refuse(400, "the request cannot be read: " + text);
    }
  }

  private void refuse(int status, String text) {
    last = true;
    Exchange exchange = current;
    if (exchange != null && exchange.begun) {
      ctx().close(); // half of a response is out: only the end of the connection is left
      return;
    }
    if (exchange == null) {
      RequestHead nothing = new RequestHead("GET", "/", "", new DefaultHttpHeaders(), "", info);
      exchange = new Exchange(nothing, false);
      current = exchange;
    } else {
      exchange.receiver.cancelled();
      exchange.receiver = BodyReceiver.IGNORE;
    }
    exchange.respondText(status, text);
  }

  /** Is called when the end of a response has been handed to the socket. */
  private void finished(Exchange exchange, ChannelFuture written) {
    // The end of a request without a body comes right behind its head.
    lingering = exchange.closesAfter;
    closeAfter(null);
    written.addListener(
        done -> {
          if (!done.isSuccess()) {
            ctx().close(); // what has been sent ahead is not begun any more
            return;
          }
          exchange.left = true;
          if (exchange.closesAfter) {
            current = null;
            end(exchange.inputEnded || exchange.bodiless);
          } else {
            proceed();
          }
        });
    if (lingering) {
      ctx().channel().config().setAutoRead(true);
      proceed();
    }
  }

  /**
   * Ends the connection after its last response has left.
   *
   * @param inputEnded whether the request has been read. If not, the caller gets time to read the
   *     response: to close while bytes arrive could cut it
   */
  private void end(boolean inputEnded) {
    lingering = true;
    Channel channel = ctx().channel();
    if (inputEnded && ahead.isEmpty()) {
      ctx().close();
      return;
    }
    channel.config().setAutoRead(true);
    closeAfter(limits.linger());
    if (channel instanceof DuplexChannel duplex
        && channel.pipeline().get(SslHandler.class) == null) {
      duplex.shutdownOutput();
    }
  }

  /** Sends a part of a response, and watches that it leaves. */
  private ChannelFuture send(HttpObject part) {
    ChannelFuture written = ctx().writeAndFlush(part);
    written.addListener(counting);
    if (watch == null && !written.isDone()) {
      watch();
    }
    return written;
  }

  /** Closes the connection if nothing leaves for a while although something waits to. */
  private void watch() {
    ChannelOutboundBuffer out = ctx().channel().unsafe().outboundBuffer();
    Object part = out == null ? null : out.current();
    if (out == null || part == null) {
      watch = null;
      return;
    }
    long parts = partsLeft;
    long progress = out.currentProgress();
    long waiting = out.totalPendingWriteBytes();
    watch =
        ctx()
            .executor()
            .schedule(
                () -> {
                  // With TLS a part is many records, which come and go in the buffer.
                  if (parts == partsLeft
                      && part == out.current()
                      && progress == out.currentProgress()
                      && waiting <= out.totalPendingWriteBytes()) {
                    ctx().close();
                  } else {
                    watch();
                  }
                },
                limits.writePause().toNanos(),
                TimeUnit.NANOSECONDS);
  }

  private void closeAfter(@Nullable Duration time) {
    if (timer != null) {
      timer.cancel(false);
      timer = null;
    }
    if (time != null) {
      timer = ctx().executor().schedule(() -> ctx().close(), time.toNanos(), TimeUnit.NANOSECONDS);
    }
  }

  /** Ends the connection as soon as no request is being answered. */
  void drain() {
    ChannelHandlerContext known = ctx;
    if (known == null) {
      return;
    }
    known.executor().execute(() -> close(known, known.newPromise()));
  }

  /**
   * Closes the channel as a connection of HTTP/2 does, for those who close it without knowing which
   * it is: after the response that is under way. What has to end at once is closed from here.
   */
  @Override
  public void close(ChannelHandlerContext in, ChannelPromise promise) {
    last = true;
    if (current == null) {
      in.close(promise);
    } else {
      in.channel().closeFuture().addListener(closed -> promise.trySuccess());
    }
  }

  void cut() {
    ChannelHandlerContext known = ctx;
    if (known != null) {
      known.close();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext gone) {
    closeAfter(null);
    if (watch != null) {
      watch.cancel(false);
    }
    lingering = true;
    connections.remove(this);
    ahead.forEach(ReferenceCountUtil::release);
    ahead.clear();
    Exchange exchange = current;
    current = null;
    if (exchange != null) {
      exchange.lost();
    }
    gone.fireChannelInactive();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext in, Throwable cause) {
    // A reset by the peer, or a failure of TLS: there is nobody to tell.
    in.close();
  }

  /** One request and its response. */
  private final class Exchange implements HttpExchange {
    private final RequestHead request;
    private final boolean http10;
    private BodyReceiver receiver = BodyReceiver.IGNORE;
    private boolean continueExpected;

    /** There is no body; its end may not have been seen yet. */
    private boolean bodiless;

    private boolean inputEnded;
    private boolean begun;

    /** The response is complete, or given up. */
    private boolean ended;

    private boolean aborted;
    private boolean closesAfter;

    /** The response has left completely. */
    private boolean left;

    Exchange(RequestHead request, boolean http10) {
      this.request = request;
      this.http10 = http10;
    }

    @Override
    public RequestHead request() {
      return request;
    }

    @Override
    public EventLoop loop() {
      return ctx().channel().eventLoop();
    }

    void receive(HttpContent content) {
      if (content instanceof LastHttpContent) {
        inputEnded = true;
        closeAfter(null);
        // The call may have stopped to read. Only who reads sees that the caller leaves.
        ctx().channel().config().setAutoRead(true);
      } else {
        closeAfter(limits.bodyPause());
      }
      receiver.data(content.content());
      if (inputEnded) {
        receiver.end();
      }
    }

    /** Asks for a body that the caller holds back, unless it is answered already. */
    void sendContinue() {
      if (continueExpected && !begun) {
        ctx()
            .writeAndFlush(
                new DefaultFullHttpResponse(
                    HttpVersion.HTTP_1_1, HttpResponseStatus.CONTINUE, Unpooled.EMPTY_BUFFER));
      }
    }

    @Override
    public void readBody(boolean wanted) {
      if (this == current && !ended && !inputEnded) {
        ctx().channel().config().setAutoRead(wanted);
        closeAfter(wanted ? limits.bodyPause() : null);
      }
    }

    private HttpResponse head(HttpResponse head) {
      // A body that nobody has read stands before the next request.
      closesAfter = last || !(inputEnded || bodiless);
      if (closesAfter) {
        head.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
      } else if (http10) {
        head.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.KEEP_ALIVE);
      }
      return head;
    }

    @Override
    public void respond(int status, HttpHeaders headers, ByteBuf body) {
      if (begun || this != current) {
        body.release();
        return;
      }
      begun = true;
      HttpResponseStatus code = HttpResponseStatus.valueOf(status);
      if (status != 204 && status != 304) {
        headers.set(HttpHeaderNames.CONTENT_LENGTH, body.readableBytes());
      }
      if (isHead()) {
        body.release();
        body = Unpooled.EMPTY_BUFFER;
      }
      HttpResponse response =
          head(
              new DefaultFullHttpResponse(
                  HttpVersion.HTTP_1_1, code, body, headers, new DefaultHttpHeaders()));
      ended = true;
      finished(this, send(response));
    }

    void respondText(int status, String text) {
      respond(
          status,
          new DefaultHttpHeaders().set(HttpHeaderNames.CONTENT_TYPE, "text/plain; charset=utf-8"),
          Unpooled.copiedBuffer(text + "\n", StandardCharsets.UTF_8));
    }

    private boolean isHead() {
      return request.method().equals("HEAD");
    }

    @Override
    public void begin(int status, HttpHeaders headers) {
      if (begun || this != current) {
        return;
      }
      begun = true;
      HttpResponse response =
          head(
              new DefaultHttpResponse(
                  HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(status), headers));
      if (http10) {
        closesAfter = true;
        headers.set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
      } else if (!isHead()) {
        headers.set(HttpHeaderNames.TRANSFER_ENCODING, HttpHeaderValues.CHUNKED);
      }
      send(response);
    }

    @Override
    public ChannelFuture write(ByteBuf data) {
      if (ended || this != current || isHead()) {
        data.release();
        return ctx().newSucceededFuture();
      }
      return send(new DefaultHttpContent(data));
    }

    @Override
    public void end(@Nullable HttpHeaders trailers) {
      if (ended || this != current) {
        return;
      }
      ended = true;
      LastHttpContent end =
          trailers == null || http10 || isHead()
              ? LastHttpContent.EMPTY_LAST_CONTENT
              : new DefaultLastHttpContent(Unpooled.EMPTY_BUFFER, trailers);
      finished(this, send(end));
    }

    @Override
    public void abort() {
      if (!ended) {
        ended = true;
        aborted = true;
        ctx().close();
      }
    }

    void lost() {
      if (!ended || aborted) {
        ended = true;
        receiver.cancelled();
      }
    }
  }
}
