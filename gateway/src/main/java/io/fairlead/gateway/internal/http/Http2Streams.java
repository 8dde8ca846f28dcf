package io.fairlead.gateway.internal.http;

import io.grpc.netty.GrpcHttp2ConnectionHandler;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameListener;
import io.netty.handler.codec.http2.Http2FrameListenerDecorator;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.util.AsciiString;
import io.netty.util.collection.IntObjectHashMap;
import io.netty.util.collection.IntObjectMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The streams of one HTTP/2 connection that are not gRPC, answered beside those of grpc-java.
 *
 * <p>grpc-java never sees their headers. It does see their data and resets: its keep-alive, its
 * limits and its guards against floods count the whole connection. A failure in here ends one
 * stream; were it thrown on, it would end the connection and all gRPC calls on it.
 */
@SuppressWarnings("FutureReturnValueIgnored") // a write that fails ends the connection
final class Http2Streams extends Http2FrameListenerDecorator {
  private static final System.Logger LOG = System.getLogger(Http2Streams.class.getName());
  private static final AsciiString GRPC = AsciiString.cached("application/grpc");
  private static final AsciiString OK = AsciiString.cached("200");

  private final GrpcHttp2ConnectionHandler grpc;
  private final HttpService service;
  private final ConnectionInfo info;
  private final IntObjectMap<Exchange> exchanges = new IntObjectHashMap<>();

  /** The highest stream that has begun. Headers of a lower one are trailers. */
  private int highest;

  /** Whether a frame is being read: grpc-java's handler flushes when all that came is read. */
  private boolean reading;

  /** Whether a flush waits behind the tasks of the loop. */
  private boolean flushWaits;

  Http2Streams(
      Http2FrameListener ofGrpc,
      GrpcHttp2ConnectionHandler grpc,
      HttpService service,
      ConnectionInfo info) {
    super(ofGrpc);
    this.grpc = grpc;
    this.service = service;
    this.info = info;
    grpc.connection()
        .addListener(
            new Http2ConnectionAdapter() {
              @Override
              public void onStreamClosed(Http2Stream stream) {
                Exchange exchange = exchanges.remove(stream.id());
                if (exchange != null) {
                  exchange.lost();
                }
              }
            });
  }

  @Override
  public void onHeadersRead(
      ChannelHandlerContext ctx, int id, Http2Headers headers, int padding, boolean end)
      throws Http2Exception {
    if (!headers(ctx, id, headers, end)) {
      super.onHeadersRead(ctx, id, headers, padding, end);
    }
  }

  @Override
  public void onHeadersRead(
      ChannelHandlerContext ctx,
      int id,
      Http2Headers headers,
      int dependency,
      short weight,
      boolean exclusive,
      int padding,
      boolean end)
      throws Http2Exception {
    if (!headers(ctx, id, headers, end)) {
      super.onHeadersRead(ctx, id, headers, dependency, weight, exclusive, padding, end);
    }
  }

  /** Takes headers that are not of gRPC; false leaves them to grpc-java. */
  private boolean headers(ChannelHandlerContext ctx, int id, Http2Headers headers, boolean end) {
    Exchange known = exchanges.get(id);
    if (known != null) {
      if (end) {
        guarded(known, known::ended);
      }
      return true;
    }
    if (id <= highest) {
      return false;
    }
    highest = id;
    if (isGrpc(headers) && !service.takesGrpc(headers.path())) {
      return false;
    }
    Http2Stream stream = grpc.connection().stream(id);
    if (stream == null) {
      return true;
    }
    RequestHead head;
    try {
      head = head(headers);
    } catch (IllegalArgumentException e) {
      // A name or value that HTTP does not allow.
      grpc.resetStream(ctx, id, Http2Error.PROTOCOL_ERROR.code(), ctx.newPromise());
      return true;
    }
    Exchange exchange = new Exchange(ctx, stream, head);
    exchanges.put(id, exchange);
    guarded(
        exchange,
        () -> {
          exchange.receiver = service.begin(exchange);
          if (end) {
            exchange.ended();
          }
        });
    return true;
  }

  /** JSON within the frames of gRPC is for the gateway; everything else of gRPC is grpc-java's. */
  private static boolean isGrpc(Http2Headers headers) {
    CharSequence type = headers.get(HttpHeaderNames.CONTENT_TYPE);
    if (type == null) {
      return false;
    }
    if (GRPC.contentEquals(type)) {
      return true;
    }
    String text = type.toString().toLowerCase(Locale.ROOT);
    if (!text.startsWith("application/grpc")) {
      return false;
    }
    String rest = text.substring("application/grpc".length());
    return rest.isEmpty()
        || rest.startsWith(";")
        || (rest.startsWith("+") && !rest.startsWith("+json"));
  }

  private RequestHead head(Http2Headers headers) {
    DefaultHttpHeaders fields = new DefaultHttpHeaders();
    for (Map.Entry<CharSequence, CharSequence> each : headers) {
      if (each.getKey().length() > 0 && each.getKey().charAt(0) != ':') {
        fields.add(each.getKey(), each.getValue());
      }
    }
    CharSequence authority = headers.authority();
    String host = authority == null ? fields.get(HttpHeaderNames.HOST) : authority.toString();
    return RequestHead.of(
        text(headers.method()), text(headers.path()), fields, host == null ? "" : host, info);
  }

  private static String text(@Nullable CharSequence value) {
    return value == null ? "" : value.toString();
  }

  @Override
  public int onDataRead(ChannelHandlerContext ctx, int id, ByteBuf data, int padding, boolean end)
      throws Http2Exception {
    int taken = super.onDataRead(ctx, id, data, padding, end);
    Exchange exchange = exchanges.isEmpty() ? null : exchanges.get(id);
    if (exchange == null) {
      return taken;
    }
    int bytes = data.readableBytes();
    guarded(
        exchange,
        () -> {
          exchange.receiver.data(data.retain());
          if (end) {
            exchange.ended();
          }
        });
    return taken + exchange.consumed(bytes);
  }

  private void guarded(Exchange exchange, Runnable code) {
    reading = true;
    try {
      code.run();
    } catch (RuntimeException | Error e) {
      LOG.log(System.Logger.Level.WARNING, "a request of HTTP/2 failed in the gateway", e);
      exchange.abort();
    } finally {
      reading = false;
    }
  }

  /**
   * Sends what was written, together with what others write soon: a system call for each response
   * would cost more than all else that a small call does.
   */
  private void flush(ChannelHandlerContext ctx) {
    if (!reading && !flushWaits) {
      flushWaits = true;
      ctx.executor()
          .execute(
              () -> {
                flushWaits = false;
                grpc.flush(ctx);
              });
    }
  }

  private final class Exchange implements HttpExchange {
    private final ChannelHandlerContext ctx;
    private final Http2Stream stream;
    private final RequestHead request;
    private BodyReceiver receiver = BodyReceiver.IGNORE;
    private boolean wanted = true;

    /** Bytes of the body whose window the caller does not have back yet. */
    private int held;

    private boolean inputEnded;
    private boolean begun;

    /** The response is complete, or given up. */
    private boolean ended;

    private boolean aborted;

    Exchange(ChannelHandlerContext ctx, Http2Stream stream, RequestHead request) {
      this.ctx = ctx;
      this.stream = stream;
      this.request = request;
    }

    @Override
    public RequestHead request() {
      return request;
    }

    @Override
    public EventLoop loop() {
      return ctx.channel().eventLoop();
    }

    void ended() {
      if (!inputEnded) {
        inputEnded = true;
        receiver.end();
      }
    }

    /** Returns how many of these bytes the caller may send again. */
    int consumed(int bytes) {
      if (wanted) {
        return bytes;
      }
      held += bytes;
      return 0;
    }

    @Override
    public void readBody(boolean more) {
      wanted = more;
      if (more && held > 0) {
        int bytes = held;
        held = 0;
        try {
          if (grpc.decoder().flowController().consumeBytes(stream, bytes)) {
            flush(ctx);
          }
        } catch (Http2Exception e) {
          abort();
        }
      }
    }

    private Http2Headers head(int status, HttpHeaders headers) {
      DefaultHttp2Headers all = new DefaultHttp2Headers(false);
      all.status(status == 200 ? OK : Integer.toString(status));
      return add(headers, all);
    }

    private Http2Headers add(HttpHeaders from, DefaultHttp2Headers to) {
      from.iteratorCharSequence()
          .forEachRemaining(
              each -> to.add(AsciiString.of(each.getKey()).toLowerCase(), each.getValue()));
      return to;
    }

    @Override
    public void respond(int status, HttpHeaders headers, ByteBuf body) {
      if (begun || ended) {
        body.release();
        return;
      }
      begun = true;
      ended = true;
      if (status != 204 && status != 304) {
        headers.set(HttpHeaderNames.CONTENT_LENGTH, body.readableBytes());
      }
      boolean none = !body.isReadable() || request.method().equals("HEAD");
      ChannelFuture written =
          grpc.encoder()
              .writeHeaders(ctx, stream.id(), head(status, headers), 0, none, ctx.newPromise());
      if (none) {
        body.release();
      } else {
        written = grpc.encoder().writeData(ctx, stream.id(), body, 0, true, ctx.newPromise());
      }
      finish(written);
    }

    @Override
    public void begin(int status, HttpHeaders headers) {
      if (!begun && !ended) {
        begun = true;
        grpc.encoder()
            .writeHeaders(ctx, stream.id(), head(status, headers), 0, false, ctx.newPromise());
        flush(ctx);
      }
    }

    @Override
    public ChannelFuture write(ByteBuf data) {
      if (ended || request.method().equals("HEAD")) {
        data.release();
        return ctx.newSucceededFuture();
      }
      ChannelFuture written =
          grpc.encoder().writeData(ctx, stream.id(), data, 0, false, ctx.newPromise());
      flush(ctx);
      return written;
    }

    @Override
    public void end(@Nullable HttpHeaders trailers) {
      if (ended) {
        return;
      }
      ended = true;
      if (trailers == null || trailers.isEmpty()) {
        finish(
            grpc.encoder()
                .writeData(ctx, stream.id(), Unpooled.EMPTY_BUFFER, 0, true, ctx.newPromise()));
      } else {
        finish(
            grpc.encoder()
                .writeHeaders(
                    ctx,
                    stream.id(),
                    add(trailers, new DefaultHttp2Headers(false)),
                    0,
                    true,
                    ctx.newPromise()));
      }
    }

    /** Tells the caller to stop sending a body that nobody reads, once the response is out. */
    private void finish(ChannelFuture written) {
      readBody(true);
      if (!inputEnded) {
        written.addListener(
            done -> {
              if (!inputEnded && exchanges.containsKey(stream.id())) {
                reset(Http2Error.NO_ERROR);
              }
            });
      }
      flush(ctx);
    }

    @Override
    public void abort() {
      if (!ended) {
        ended = true;
        aborted = true;
        reset(Http2Error.INTERNAL_ERROR);
      }
    }

    private void reset(Http2Error error) {
      grpc.resetStream(ctx, stream.id(), error.code(), ctx.newPromise());
      flush(ctx);
    }

    void lost() {
      receiver = receiver(BodyReceiver.IGNORE);
    }

    private BodyReceiver receiver(BodyReceiver next) {
      if (!ended || aborted) {
        ended = true;
        receiver.cancelled();
      }
      return next;
    }
  }
}
