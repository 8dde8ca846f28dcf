package io.fairlead.gateway.internal.rest;

import io.fairlead.gateway.internal.call.CallRuntime;
import io.fairlead.gateway.internal.call.CallWriter;
import io.fairlead.gateway.internal.call.Deadlines;
import io.fairlead.gateway.internal.call.GatewayCall;
import io.fairlead.gateway.internal.call.Gzip;
import io.fairlead.gateway.internal.call.HeaderMapping;
import io.fairlead.gateway.internal.call.MediaType;
import io.fairlead.gateway.internal.call.Query;
import io.fairlead.gateway.internal.call.ServedMethods;
import io.fairlead.gateway.internal.call.WholeBody;
import io.fairlead.gateway.internal.http.BodyReceiver;
import io.fairlead.gateway.internal.http.HttpExchange;
import io.fairlead.gateway.internal.http.RequestHead;
import io.fairlead.gateway.internal.json.JsonCodec;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Answers requests by the routes of the contracts. Immutable. */
public final class RestProtocol {
  private static final String JSON = "application/json";
  private static final String LINES = "application/x-ndjson";

  private final ServedMethods methods;
  private final RouteTable routes;
  private final JsonCodec json;
  private final CallRuntime runtime;

  /** Made when it is asked for, once: it costs time, and most servers are never asked. */
  private byte @Nullable [] openApi;

  /**
   * Makes the protocol of a server.
   *
   * @param refused takes what is wrong with a route; if it returns, the route is left out
   */
  public RestProtocol(
      ServedMethods methods,
      JsonCodec json,
      CallRuntime runtime,
      Consumer<IllegalStateException> refused) {
    this.methods = methods;
    this.routes = new RouteTable(methods.all(), refused);
    this.json = json;
    this.runtime = runtime;
  }

  /** Returns the OpenAPI document of all methods and routes. The first call costs time. */
  public synchronized byte[] openApi() {
    byte[] document = openApi;
    if (document == null) {
      document = OpenApiDocument.write(methods.all(), routes.all());
      openApi = document;
    }
    return document;
  }

  /** Answers a request; null if there is nothing at its path. */
  public @Nullable BodyReceiver begin(HttpExchange exchange) {
    RequestHead request = exchange.request();
    try {
      String verb = request.method().equals("HEAD") ? "GET" : request.method();
      RouteTable.Match match = routes.find(verb, request.path());
      if (match == null) {
        return null;
      }
      Route route = match.route();
      if (route == null) {
        Set<String> allowed = new TreeSet<>(match.allowed());
        if (allowed.contains("GET")) {
          allowed.add("HEAD");
        }
        refuse(
            exchange,
            405,
            Status.UNIMPLEMENTED.withDescription(
                verb
                    + " is not possible at "
                    + request.path()
                    + "; use "
                    + String.join(" or ", allowed)),
            "allow",
            String.join(", ", allowed));
        return BodyReceiver.IGNORE;
      }
      return begin(
          exchange,
          route,
          new RequestBuilder(route, match.segments(), Query.parse(request.query()), json));
    } catch (StatusRuntimeException e) {
      refuse(
          exchange,
          RestError.httpStatus(e.getStatus()),
          e.getStatus(),
          "cache-control",
          "no-store");
      return BodyReceiver.IGNORE;
    }
  }

  private BodyReceiver begin(HttpExchange exchange, Route route, RequestBuilder builder) {
    RequestHead request = exchange.request();
    String header = request.header("content-type");
    String type = MediaType.essence(header);
    boolean streams = route.method().schema().isClientStreaming();
    boolean takesBody = route.wholeBody() || route.body() != null;
    boolean hasType = takesBody && !builder.takesRawBody();
    String wanted = streams ? LINES : JSON;
    // Without a type there may be no body at all; a body that is not JSON is refused as such.
    if (hasType && !type.isEmpty() && (!type.equals(wanted) || !MediaType.isUtf8(header))) {
      refuse(
          exchange,
          415,
          Status.INVALID_ARGUMENT.withDescription(
              request.method()
                  + " "
                  + request.path()
                  + " takes "
                  + wanted
                  + ", not \""
                  + header
                  + "\""),
          "accept-post",
          wanted);
      return BodyReceiver.IGNORE;
    }
    boolean gzip = Gzip.isUsed(request.header("content-encoding"));
    if (gzip && streams) {
      refuse(
          exchange,
          415,
          Status.INVALID_ARGUMENT.withDescription(
              request.method()
                  + " "
                  + request.path()
                  + " takes a stream as it is, not compressed by gzip"),
          "accept-encoding",
          "identity");
      return BodyReceiver.IGNORE;
    }
    RestEncoder encoder = new RestEncoder(route, json);
    CallWriter writer =
        route.method().schema().isServerStreaming()
            ? new RestStream(exchange, json, encoder)
            : new RestUnary(exchange, json, encoder);
    GatewayCall<?, ?> call =
        GatewayCall.start(
            route.method(),
            exchange,
            writer,
            encoder,
            HeaderMapping.metadata(request.headers()),
            Deadlines.grpc(request, runtime.deadlineHeader()),
            runtime);
    int limit = runtime.maxRequestBytes();
    if (streams && builder.takesRawBody()) {
      return new RawBody(call, part -> builder.build(part, header));
    }
    if (streams) {
      return new LinesBody(call, limit, line -> builder.build(line, header));
    }
    return new WholeBody(
        call,
        limit,
        body ->
            builder.build(gzip && body.length > 0 ? Gzip.decompress(body, limit) : body, header));
  }

  private void refuse(
      HttpExchange exchange, int httpStatus, Status status, String header, String value) {
    HttpHeaders fields = new DefaultHttpHeaders();
    fields.set(header, value);
    RestError.respond(exchange, httpStatus, fields, status, new Metadata(), json);
  }
}
