package io.fairlead.gateway.internal.rest;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.RetryInfo;
import io.fairlead.gateway.internal.call.ErrorDetails;
import io.fairlead.gateway.internal.call.Gzip;
import io.fairlead.gateway.internal.call.HeaderMapping;
import io.fairlead.gateway.internal.call.HttpStatusCodes;
import io.fairlead.gateway.internal.http.HttpExchange;
import io.fairlead.gateway.internal.json.JsonCodec;
import io.grpc.Metadata;
import io.grpc.Status;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.util.List;

/** An error of REST: google.rpc.Status as JSON, and the headers of HTTP that go with it. */
final class RestError {
  private static final Metadata.Key<String> PUSHBACK =
      Metadata.Key.of("grpc-retry-pushback-ms", Metadata.ASCII_STRING_MARSHALLER);

  static final String PROBLEM = "application/problem+json";

  private RestError() {}

  static int httpStatus(Status status) {
    return Gzip.saysTooLarge(status) ? 413 : HttpStatusCodes.of(status.getCode());
  }

  static JsonObject json(Status status, Metadata trailers, JsonCodec codec) {
    JsonObject error = new JsonObject();
    error.addProperty("code", status.getCode().value());
    error.addProperty("message", status.getDescription() == null ? "" : status.getDescription());
    JsonArray details = new JsonArray();
    for (Any each : ErrorDetails.of(trailers)) {
      details.add(detail(each, codec));
    }
    if (!details.isEmpty()) {
      error.add("details", details);
    }
    return error;
  }

  /** A detail of a type that nobody here knows is better told in base64 than not at all. */
  private static JsonObject detail(Any any, JsonCodec codec) {
    try {
      return JsonParser.parseString(
              new String(codec.write(Any.getDescriptor(), any.toByteArray()), UTF_8))
          .getAsJsonObject();
    } catch (RuntimeException unknownType) {
      JsonObject detail = new JsonObject();
      detail.addProperty("@type", any.getTypeUrl());
      detail.addProperty("value", HeaderMapping.unpadded(any.getValue().toByteArray()));
      return detail;
    }
  }

  /** Answers with an error, in the form that the caller accepts. */
  static void respond(
      HttpExchange exchange,
      HttpHeaders fields,
      Status status,
      Metadata trailers,
      JsonCodec codec) {
    respond(exchange, httpStatus(status), fields, status, trailers, codec);
  }

  /** Does the same with a status of HTTP that is not that of the code. */
  static void respond(
      HttpExchange exchange,
      int httpStatus,
      HttpHeaders fields,
      Status status,
      Metadata trailers,
      JsonCodec codec) {
    boolean problem = exchange.request().header(HttpHeaderNames.ACCEPT).contains(PROBLEM);
    JsonObject error = json(status, trailers, codec);
    fields.set(HttpHeaderNames.CONTENT_TYPE, problem ? PROBLEM : "application/json");
    addHeaders(fields, status, trailers);
    exchange.respond(
        httpStatus,
        fields,
        Unpooled.wrappedBuffer(
            (problem ? problem(httpStatus, status, error) : error).toString().getBytes(UTF_8)));
  }

  /** Returns the form of RFC 9457, with the code and the details as members of their own. */
  private static JsonObject problem(int httpStatus, Status status, JsonObject error) {
    JsonObject problem = new JsonObject();
    problem.addProperty("type", "about:blank");
    problem.addProperty("title", HttpResponseStatus.valueOf(httpStatus).reasonPhrase());
    problem.addProperty("status", httpStatus);
    problem.add("detail", error.get("message"));
    problem.addProperty("code", status.getCode().name());
    if (error.has("details")) {
      problem.add("details", error.get("details"));
    }
    return problem;
  }

  /** Adds when to try again, and how to say who one is. */
  private static void addHeaders(HttpHeaders fields, Status status, Metadata trailers) {
    if (status.getCode() == Status.Code.UNAUTHENTICATED) {
      fields.set("www-authenticate", "Bearer");
    }
    long millis = retryAfterMillis(trailers);
    if (millis >= 0) {
      fields.set("retry-after", (millis + 999) / 1000);
    }
  }

  private static long retryAfterMillis(Metadata trailers) {
    for (Any each : listed(trailers)) {
      if (each.is(RetryInfo.class)) {
        try {
          RetryInfo info = each.unpack(RetryInfo.class);
          return info.getRetryDelay().getSeconds() * 1000
              + info.getRetryDelay().getNanos() / 1_000_000;
        } catch (InvalidProtocolBufferException e) {
          return -1;
        }
      }
    }
    String pushback = trailers.get(PUSHBACK);
    return pushback != null && pushback.matches("\\d{1,9}") ? Long.parseLong(pushback) : -1;
  }

  private static List<Any> listed(Metadata trailers) {
    return ErrorDetails.of(trailers);
  }
}
