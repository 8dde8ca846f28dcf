package io.fairlead.gateway.internal.connect;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.fairlead.gateway.internal.call.CallWriter;
import io.fairlead.gateway.internal.call.EntityTag;
import io.fairlead.gateway.internal.call.Gzip;
import io.fairlead.gateway.internal.call.HeaderMapping;
import io.fairlead.gateway.internal.call.HttpStatusCodes;
import io.fairlead.gateway.internal.http.HttpExchange;
import io.grpc.Metadata;
import io.grpc.Status;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/** Writes the response of a unary call: the message is the body, and errors are JSON. */
final class ConnectUnary implements CallWriter {
  private final HttpExchange exchange;
  private final String contentType;
  private Metadata headers = new Metadata();
  private byte[] message = {};

  /** Of the thread that sends the message, until the loop has it. */
  private boolean compressed;

  /** The same; null for a request that is no GET. */
  private @Nullable String tag;

  ConnectUnary(HttpExchange exchange, String contentType) {
    this.exchange = exchange;
    this.contentType = contentType;
  }

  @Override
  public void headers(Metadata given) {
    headers = given;
  }

  @Override
  public byte[] pack(byte[] encoded) {
    compressed = Gzip.suits(exchange.request(), encoded.length);
    byte[] packed = compressed ? Gzip.compress(encoded) : encoded;
    tag = EntityTag.of(exchange.request(), packed);
    return packed;
  }

  @Override
  public @Nullable Future<?> message(byte[] packed) {
    message = packed;
    return null;
  }

  @Override
  public void close(Status status, Metadata trailers) {
    HttpHeaders fields = new DefaultHttpHeaders();
    HeaderMapping.addTo(fields, "", headers);
    HeaderMapping.addTo(fields, "trailer-", trailers);
    if (!status.isOk()) {
      fields.set("content-type", "application/json");
      exchange.respond(
          HttpStatusCodes.of(status.getCode()),
          fields,
          Unpooled.wrappedBuffer(ConnectError.json(status, trailers).toString().getBytes(UTF_8)));
      return;
    }
    fields.set(HttpHeaderNames.CONTENT_TYPE, contentType);
    fields.add(HttpHeaderNames.VARY, HttpHeaderNames.ACCEPT_ENCODING);
    if (compressed) {
      fields.set(HttpHeaderNames.CONTENT_ENCODING, Gzip.NAME);
    }
    EntityTag.respond(exchange, fields, tag, message);
  }
}
