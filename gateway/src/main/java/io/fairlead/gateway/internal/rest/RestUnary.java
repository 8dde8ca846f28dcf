package io.fairlead.gateway.internal.rest;

import com.google.api.HttpBody;
import io.fairlead.gateway.internal.call.CallWriter;
import io.fairlead.gateway.internal.call.EntityTag;
import io.fairlead.gateway.internal.call.Gzip;
import io.fairlead.gateway.internal.call.HeaderMapping;
import io.fairlead.gateway.internal.http.HttpExchange;
import io.fairlead.gateway.internal.json.JsonCodec;
import io.grpc.Metadata;
import io.grpc.Status;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/** Writes the one response of a call. */
final class RestUnary implements CallWriter {
  private final HttpExchange exchange;
  private final JsonCodec json;
  private final RestEncoder encoder;
  private Metadata headers = new Metadata();
  private byte[] message = {};

  /** Of the thread that sends the message, until the loop has it. */
  private boolean compressed;

  /** The same; null for a request that is no GET. */
  private @Nullable String tag;

  RestUnary(HttpExchange exchange, JsonCodec json, RestEncoder encoder) {
    this.exchange = exchange;
    this.json = json;
    this.encoder = encoder;
  }

  @Override
  public void headers(Metadata given) {
    headers = given;
  }

  @Override
  public byte[] pack(byte[] encoded) {
    // Bytes of a type of their own are sent as they are: most of them are compressed already.
    compressed = !encoder.isRaw() && Gzip.suits(exchange.request(), encoded.length);
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
    HeaderMapping.addTo(fields, "", trailers);
    if (!status.isOk()) {
      RestError.respond(exchange, fields, status, trailers, json);
      return;
    }
    HttpBody raw = encoder.raw(message);
    byte[] body = raw == null ? message : raw.getData().toByteArray();
    String type = raw == null ? "application/json" : raw.getContentType();
    fields.set("content-type", type.isEmpty() ? "application/octet-stream" : type);
    fields.add("vary", "accept-encoding");
    if (compressed) {
      fields.set("content-encoding", Gzip.NAME);
    }
    EntityTag.respond(exchange, fields, tag, body);
  }
}
