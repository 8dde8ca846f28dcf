package io.fairlead.gateway.internal.connect;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.fairlead.gateway.internal.call.CallWriter;
import io.fairlead.gateway.internal.call.EnvelopeReader;
import io.fairlead.gateway.internal.call.Gzip;
import io.fairlead.gateway.internal.call.HeaderMapping;
import io.fairlead.gateway.internal.http.HttpExchange;
import io.grpc.Metadata;
import io.grpc.Status;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.concurrent.Future;

/** Writes the response of a stream: messages in envelopes, and the end in one of them. */
final class ConnectStream implements CallWriter {
  private static final int END = 2;
  private static final int COMPRESSED = 1;

  private final HttpExchange exchange;
  private final String contentType;
  private final boolean gzip;
  private boolean begun;

  ConnectStream(HttpExchange exchange, String contentType) {
    this.exchange = exchange;
    this.contentType = contentType;
    this.gzip = Gzip.isAccepted(exchange.request().header("connect-accept-encoding"));
  }

  @Override
  public void headers(Metadata headers) {
    begun = true;
    HttpHeaders fields = new DefaultHttpHeaders();
    HeaderMapping.addTo(fields, "", headers);
    fields.set("content-type", contentType);
    fields.set("connect-accept-encoding", Gzip.NAME);
    if (gzip) {
      fields.set("connect-content-encoding", Gzip.NAME);
    }
    exchange.begin(200, fields);
  }

  @Override
  public byte[] pack(byte[] encoded) {
    return gzip ? Gzip.compress(encoded) : encoded;
  }

  @Override
  public Future<?> message(byte[] packed) {
    return exchange.write(EnvelopeReader.envelope(gzip ? COMPRESSED : 0, packed));
  }

  @Override
  public void close(Status status, Metadata trailers) {
    if (!begun) {
      headers(new Metadata());
    }
    JsonObject end = new JsonObject();
    if (!status.isOk()) {
      end.add("error", ConnectError.json(status, trailers));
    }
    JsonObject metadata = metadata(trailers);
    if (metadata.size() > 0) {
      end.add("metadata", metadata);
    }
    var unused = exchange.write(EnvelopeReader.envelope(END, end.toString().getBytes(UTF_8)));
    exchange.end(null);
  }

  private static JsonObject metadata(Metadata trailers) {
    HttpHeaders fields = new DefaultHttpHeaders();
    HeaderMapping.addTo(fields, "", trailers);
    JsonObject metadata = new JsonObject();
    for (String name : fields.names()) {
      JsonArray values = new JsonArray();
      fields.getAll(name).forEach(values::add);
      metadata.add(name, values);
    }
    return metadata;
  }
}
