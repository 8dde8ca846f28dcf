package io.fairlead.gateway.internal.connect;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.fairlead.gateway.internal.call.EnvelopeWriter;
import io.fairlead.gateway.internal.call.HeaderMapping;
import io.fairlead.gateway.internal.http.HttpExchange;
import io.grpc.Metadata;
import io.grpc.Status;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;

/** Writes the response of a stream: messages in envelopes, and the end in one of them. */
final class ConnectStream extends EnvelopeWriter {
  private static final int END = 2;

  ConnectStream(HttpExchange exchange, String contentType) {
    super(exchange, contentType, "connect-accept-encoding", "connect-content-encoding");
  }

  @Override
  public void close(Status status, Metadata trailers) {
    beginIfNotBegun();
    JsonObject end = new JsonObject();
    if (!status.isOk()) {
      end.add("error", ConnectError.json(status, trailers));
    }
    JsonObject metadata = metadata(trailers);
    if (metadata.size() > 0) {
      end.add("metadata", metadata);
    }
    var unused = write(END, end.toString().getBytes(UTF_8));
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
