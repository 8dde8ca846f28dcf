package io.fairlead.gateway.internal.connect;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.fairlead.gateway.internal.call.CallRuntime;
import io.fairlead.gateway.internal.call.CallWriter;
import io.fairlead.gateway.internal.call.Deadlines;
import io.fairlead.gateway.internal.call.EnvelopeReader;
import io.fairlead.gateway.internal.call.GatewayCall;
import io.fairlead.gateway.internal.call.Gzip;
import io.fairlead.gateway.internal.call.HeaderMapping;
import io.fairlead.gateway.internal.call.MediaType;
import io.fairlead.gateway.internal.call.MessageEncoder;
import io.fairlead.gateway.internal.call.NoBody;
import io.fairlead.gateway.internal.call.Query;
import io.fairlead.gateway.internal.call.ServedMethod;
import io.fairlead.gateway.internal.call.WholeBody;
import io.fairlead.gateway.internal.http.BodyReceiver;
import io.fairlead.gateway.internal.http.HttpExchange;
import io.fairlead.gateway.internal.http.RequestHead;
import io.fairlead.gateway.internal.json.JsonCodec;
import io.grpc.Deadline;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Answers requests of Connect. Immutable. */
public final class ConnectProtocol {
  private static final String JSON = "application/json";
  private static final String PROTO = "application/proto";
  private static final String STREAM = "application/connect+";

  private final JsonCodec json;
  private final CallRuntime runtime;

  /** Makes the protocol of a server. */
  public ConnectProtocol(JsonCodec json, CallRuntime runtime) {
    this.json = json;
    this.runtime = runtime;
  }

  /** Answers a request for a method by its own path. */
  public BodyReceiver begin(ServedMethod method, HttpExchange exchange) {
    try {
      String verb = exchange.request().method();
      if (verb.equals("GET") || verb.equals("HEAD")) {
        return get(method, exchange);
      }
      if (!verb.equals("POST")) {
        return wrongVerb(
            method, exchange, method.isUnary() && method.isSafe() ? "GET, POST" : "POST");
      }
      return post(method, exchange);
    } catch (StatusRuntimeException e) {
      ConnectUnary writer = new ConnectUnary(exchange, JSON);
      writer.close(e.getStatus(), new Metadata());
      return BodyReceiver.IGNORE;
    }
  }

  private static BodyReceiver wrongVerb(
      ServedMethod method, HttpExchange exchange, String allowed) {
    refuse(
        exchange,
        405,
        method.name() + " is called by " + allowed.replace(", ", " or "),
        "allow",
        allowed);
    return BodyReceiver.IGNORE;
  }

  /**
   * Answers what is no request of any method. Clients take the code from the status of HTTP, so the
   * body is for people.
   */
  public static void refuse(
      HttpExchange exchange, int httpStatus, String why, String header, String value) {
    exchange.respond(
        httpStatus,
        new DefaultHttpHeaders()
            .set("content-type", "text/plain; charset=utf-8")
            .set(header, value),
        Unpooled.copiedBuffer(why + "\n", UTF_8));
  }

  private BodyReceiver post(ServedMethod method, HttpExchange exchange) {
    RequestHead request = exchange.request();
    String header = request.header("content-type");
    String type = MediaType.essence(header);
    boolean streams = type.startsWith(STREAM);
    String codec = streams ? type.substring(STREAM.length()) : codec(type);
    boolean known = codec.equals("json") || codec.equals("proto");
    if (!known || streams == method.isUnary() || !MediaType.isUtf8(header)) {
      String accepted =
          method.isUnary() ? JSON + ", " + PROTO : STREAM + "json, " + STREAM + "proto";
      refuse(
          exchange,
          415,
          method.name() + " takes " + accepted.replace(", ", " or ") + ", not \"" + header + "\"",
          "accept-post",
          accepted);
      return BodyReceiver.IGNORE;
    }
    Function<byte[], byte[]> decoder = decoder(codec, method);
    MessageEncoder encoder = encoder(codec, method);
    if (streams) {
      return stream(method, exchange, type, decoder, encoder);
    }
    boolean gzip = Gzip.isUsed(request.header("content-encoding"));
    GatewayCall<?, ?> call = start(method, exchange, new ConnectUnary(exchange, type), encoder);
    int limit = runtime.maxRequestBytes();
    return new WholeBody(
        call,
        limit,
        body -> decoder.apply(gzip && body.length > 0 ? Gzip.decompress(body, limit) : body));
  }

  private static String codec(String type) {
    return type.equals(JSON) ? "json" : type.equals(PROTO) ? "proto" : "";
  }

  private Function<byte[], byte[]> decoder(String codec, ServedMethod method) {
    return codec.equals("json")
        ? body -> json.read(method.schema().getInputType(), body)
        : Function.identity();
  }

  private MessageEncoder encoder(String codec, ServedMethod method) {
    return codec.equals("json")
        ? message -> json.write(method.schema().getOutputType(), message)
        : MessageEncoder.PROTO;
  }

  private GatewayCall<?, ?> start(
      ServedMethod method, HttpExchange exchange, CallWriter writer, MessageEncoder encoder) {
    RequestHead request = exchange.request();
    String version = request.header("connect-protocol-version");
    if (!version.isEmpty() && !version.equals("1")) {
      throw Status.INVALID_ARGUMENT
          .withDescription("connect-protocol-version is 1, not \"" + version + "\"")
          .asRuntimeException();
    }
    @Nullable Deadline deadline = Deadlines.connect(request, runtime.deadlineHeader());
    return GatewayCall.start(
        method,
        exchange,
        writer,
        encoder,
        HeaderMapping.metadata(request.headers()),
        deadline,
        runtime);
  }

  private BodyReceiver stream(
      ServedMethod method,
      HttpExchange exchange,
      String type,
      Function<byte[], byte[]> decoder,
      MessageEncoder encoder) {
    ConnectStream writer = new ConnectStream(exchange, type);
    try {
      boolean gzip = Gzip.isUsed(exchange.request().header("connect-content-encoding"));
      return new EnvelopeReader(
          start(method, exchange, writer, encoder), runtime.maxRequestBytes(), gzip, decoder);
    } catch (StatusRuntimeException e) {
      writer.close(e.getStatus(), new Metadata());
      return BodyReceiver.IGNORE;
    }
  }

  private BodyReceiver get(ServedMethod method, HttpExchange exchange) {
    if (!method.isUnary() || !method.isSafe()) {
      return wrongVerb(method, exchange, "POST");
    }
    Query query = Query.parse(exchange.request().query());
    String version = query.first("connect");
    if (!version.isEmpty() && !version.equals("v1")) {
      throw invalid("the parameter connect is v1, not \"" + version + "\"");
    }
    String codec = query.first("encoding");
    if (!codec.equals("json") && !codec.equals("proto")) {
      refuse(
          exchange,
          415,
          "the parameter encoding is json or proto, not \"" + codec + "\"",
          "accept-post",
          JSON + ", " + PROTO);
      return BodyReceiver.IGNORE;
    }
    if (!query.has("message")) {
      throw invalid("the parameter message is missing; it holds the request");
    }
    String text = query.first("message");
    byte[] body;
    try {
      body = query.first("base64").equals("1") ? HeaderMapping.base64(text) : text.getBytes(UTF_8);
    } catch (IllegalArgumentException e) {
      throw invalid("the parameter message is not base64: " + e.getMessage());
    }
    if (Gzip.isUsed(query.first("compression")) && body.length > 0) {
      body = Gzip.decompress(body, runtime.maxRequestBytes());
    }
    byte[] message = decoder(codec, method).apply(body);
    MessageEncoder encoder = encoder(codec, method);
    GatewayCall<?, ?> call =
        start(method, exchange, new ConnectUnary(exchange, "application/" + codec), encoder);
    call.receive(message);
    return new NoBody(call);
  }

  private static RuntimeException invalid(String why) {
    return Status.INVALID_ARGUMENT.withDescription(why).asRuntimeException();
  }
}
