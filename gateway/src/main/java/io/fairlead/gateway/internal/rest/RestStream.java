package io.fairlead.gateway.internal.rest;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.api.HttpBody;
import com.google.gson.JsonObject;
import io.fairlead.gateway.internal.call.CallWriter;
import io.fairlead.gateway.internal.call.HeaderMapping;
import io.fairlead.gateway.internal.http.HttpExchange;
import io.fairlead.gateway.internal.json.JsonCodec;
import io.grpc.Metadata;
import io.grpc.Status;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.concurrent.Future;

/**
 * Writes a stream of responses in the form that the caller accepts. The status of HTTP is out
 * before the stream ends: an error that comes later is its last element.
 */
final class RestStream implements CallWriter {
  /** How the elements of a stream are told apart. */
  enum Form {
    /** A JSON array. */
    ARRAY("application/json"),
    /** A line of JSON for each. */
    LINES("application/x-ndjson"),
    /** Server-sent events. */
    EVENTS("text/event-stream"),
    /** The bytes of each HttpBody, one after the other. */
    RAW("");

    private final String type;

    Form(String type) {
      this.type = type;
    }

    static Form of(String accept) {
      for (String each : accept.split(",", -1)) {
        String type = each.split(";", -1)[0].trim();
        if (type.equals(LINES.type) || type.equals("application/jsonl")) {
          return LINES;
        }
        if (type.equals(EVENTS.type)) {
          return EVENTS;
        }
      }
      return ARRAY;
    }
  }

  private final HttpExchange exchange;
  private final JsonCodec json;
  private final RestEncoder encoder;
  private final Form form;
  private Metadata headers = new Metadata();
  private boolean begun;

  RestStream(HttpExchange exchange, JsonCodec json, RestEncoder encoder) {
    this.exchange = exchange;
    this.json = json;
    this.encoder = encoder;
    this.form = encoder.isRaw() ? Form.RAW : Form.of(exchange.request().header("accept"));
  }

  @Override
  public void headers(Metadata given) {
    headers = given;
    if (form == Form.EVENTS) {
      begin(form.type);
    }
  }

  private void begin(String contentType) {
    begun = true;
    HttpHeaders fields = new DefaultHttpHeaders();
    HeaderMapping.addTo(fields, "", headers);
    fields.set("content-type", contentType);
    fields.set("cache-control", "no-store");
    fields.add("vary", "accept");
    exchange.begin(200, fields);
  }

  @Override
  public Future<?> message(byte[] encoded) {
    boolean first = !begun;
    HttpBody raw = encoder.raw(encoded);
    if (first) {
      String type = raw == null ? form.type : raw.getContentType();
      begin(type.isEmpty() ? "application/octet-stream" : type);
    }
    if (raw != null) {
      return exchange.write(Unpooled.wrappedBuffer(raw.getData().toByteArray()));
    }
    return element(new String(encoded, UTF_8), "", first);
  }

  private Future<?> element(String text, String event, boolean first) {
    String whole =
        switch (form) {
          case ARRAY -> (first ? "[" : ",\n") + text;
          case LINES -> text + "\n";
          case EVENTS -> event + "data: " + text + "\n\n";
          case RAW -> "";
        };
    return exchange.write(Unpooled.copiedBuffer(whole, UTF_8));
  }

  @Override
  public void close(Status status, Metadata trailers) {
    if (!begun && !status.isOk()) {
      RestUnary unary = new RestUnary(exchange, json, encoder);
      unary.headers(headers);
      unary.close(status, trailers);
      return;
    }
    boolean first = !begun;
    if (first) {
      begin(form == Form.RAW ? "application/octet-stream" : form.type);
    }
    if (!status.isOk()) {
      if (form == Form.RAW) {
        exchange.abort();
        return;
      }
      JsonObject error = new JsonObject();
      error.add("error", RestError.json(status, trailers, json));
      var unused = element(error.toString(), "event: error\n", first);
    }
    if (form == Form.ARRAY) {
      var unused =
          exchange.write(Unpooled.copiedBuffer(first && status.isOk() ? "[]" : "]", UTF_8));
    }
    exchange.end(null);
  }
}
