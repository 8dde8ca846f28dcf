package io.fairlead.gateway.internal.grpcweb;

import io.fairlead.gateway.internal.call.CallRuntime;
import io.fairlead.gateway.internal.call.Deadlines;
import io.fairlead.gateway.internal.call.EnvelopeReader;
import io.fairlead.gateway.internal.call.GatewayCall;
import io.fairlead.gateway.internal.call.Gzip;
import io.fairlead.gateway.internal.call.HeaderMapping;
import io.fairlead.gateway.internal.call.MessageEncoder;
import io.fairlead.gateway.internal.call.ServedMethod;
import io.fairlead.gateway.internal.http.BodyReceiver;
import io.fairlead.gateway.internal.http.HttpExchange;
import io.fairlead.gateway.internal.http.RequestHead;
import io.fairlead.gateway.internal.json.JsonCodec;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Answers requests of gRPC-Web, and those of gRPC that grpc-java does not take: with JSON, or for
 * services of other processes. Immutable.
 */
public final class GrpcWebProtocol {
  private static final String GRPC = "application/grpc";
  private static final String WEB = "application/grpc-web";
  private static final String TEXT = "application/grpc-web-text";

  private final JsonCodec json;
  private final CallRuntime runtime;

  /** Makes the protocol of a server. */
  public GrpcWebProtocol(JsonCodec json, CallRuntime runtime) {
    this.json = json;
    this.runtime = runtime;
  }

  /**
   * Answers a request.
   *
   * @param method null if the path names none
   * @param type the content type, without parameters
   */
  public BodyReceiver begin(@Nullable ServedMethod method, String type, HttpExchange exchange) {
    RequestHead request = exchange.request();
    String base = type.contains("+") ? type.substring(0, type.indexOf('+')) : type;
    String codec = type.contains("+") ? type.substring(type.indexOf('+') + 1) : "proto";
    boolean web = base.equals(WEB) || base.equals(TEXT);
    boolean json = codec.equals("json");
    // gRPC itself ends in trailers, which HTTP/1.1 does not reliably carry.
    boolean grpc = base.equals(GRPC) && request.connection().http2();
    if (!(web || grpc) || !(json || codec.equals("proto"))) {
      answer(
          exchange,
          415,
          type + " is not taken here; use application/grpc-web, or gRPC over HTTP/2",
          "accept-post",
          WEB + "+proto, " + WEB + "+json, " + TEXT + "+proto");
      return BodyReceiver.IGNORE;
    }
    if (!request.method().equals("POST")) {
      answer(exchange, 405, "gRPC-Web uses POST", "allow", "POST");
      return BodyReceiver.IGNORE;
    }
    boolean text = base.equals(TEXT);
    boolean textBack = text || request.header("accept").toLowerCase(Locale.ROOT).startsWith(TEXT);
    String typeBack = grpc ? type : (textBack ? TEXT : WEB) + "+" + codec;
    GrpcWebWriter writer = new GrpcWebWriter(exchange, typeBack, textBack, grpc);
    try {
      return begin(method, exchange, writer, json, text);
    } catch (StatusRuntimeException e) {
      writer.close(e.getStatus(), new Metadata());
      return BodyReceiver.IGNORE;
    }
  }

  private BodyReceiver begin(
      @Nullable ServedMethod method,
      HttpExchange exchange,
      GrpcWebWriter writer,
      boolean asJson,
      boolean text) {
    RequestHead request = exchange.request();
    if (method == null) {
      throw Status.UNIMPLEMENTED
          .withDescription("the server has no method " + request.path())
          .asRuntimeException();
    }
    boolean gzip = Gzip.isUsed(request.header("grpc-encoding"));
    Function<byte[], byte[]> decoder =
        asJson ? body -> json.read(method.schema().getInputType(), body) : Function.identity();
    GatewayCall<?, ?> call =
        GatewayCall.start(
            method,
            exchange,
            writer,
            asJson
                ? message -> json.write(method.schema().getOutputType(), message)
                : MessageEncoder.PROTO,
            HeaderMapping.metadata(request.headers()),
            Deadlines.grpc(request, runtime.deadlineHeader()),
            runtime);
    EnvelopeReader frames = new EnvelopeReader(call, runtime.maxRequestBytes(), gzip, decoder);
    return text ? new Base64Body(frames) : frames;
  }

  private static void answer(
      HttpExchange exchange, int status, String text, String header, String value) {
    exchange.respond(
        status,
        new DefaultHttpHeaders()
            .set("content-type", "text/plain; charset=utf-8")
            .set(header, value),
        Unpooled.copiedBuffer(text + "\n", StandardCharsets.UTF_8));
  }
}
