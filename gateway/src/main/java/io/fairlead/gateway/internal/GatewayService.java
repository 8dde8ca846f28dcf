package io.fairlead.gateway.internal;

import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.TypeRegistry;
import io.fairlead.gateway.internal.call.CallRuntime;
import io.fairlead.gateway.internal.call.JsonCodec;
import io.fairlead.gateway.internal.call.MediaType;
import io.fairlead.gateway.internal.call.ServedMethod;
import io.fairlead.gateway.internal.call.ServedMethods;
import io.fairlead.gateway.internal.connect.ConnectProtocol;
import io.fairlead.gateway.internal.grpcweb.GrpcWebProtocol;
import io.fairlead.gateway.internal.http.BodyReceiver;
import io.fairlead.gateway.internal.http.ConnectionLimits;
import io.fairlead.gateway.internal.http.GatewayServer;
import io.fairlead.gateway.internal.http.HttpExchange;
import io.fairlead.gateway.internal.http.HttpService;
import io.fairlead.gateway.internal.http.RequestHead;
import io.fairlead.gateway.internal.rest.RestProtocol;
import io.fairlead.lifecycle.ServerGateway;
import io.fairlead.management.WebHandler;
import io.grpc.Server;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Chooses who answers a request: by its content type, by the path of a method, by the routes of the
 * contracts, by the paths of web pages, in this order.
 */
public final class GatewayService implements HttpService {
  private final CorsRules cors;
  private final ServedMethods methods;
  private final ConnectProtocol connect;
  private final GrpcWebProtocol grpcWeb;
  private final RestProtocol rest;
  private final Map<String, WebHandler> pages;
  private final Executor handlers;
  private final int maxRequestBytes;

  private GatewayService(GatewayConfig config, ServerGateway.Port port) {
    this.cors = config.cors();
    this.methods = new ServedMethods(port.services());
    this.pages = config.handlers();
    this.handlers = port.handlers();
    this.maxRequestBytes = port.maxRequestBytes();
    CallRuntime runtime = new CallRuntime(port.tracers(), port.timer(), port.maxRequestBytes());
    JsonCodec json = new JsonCodec(types());
    this.connect = new ConnectProtocol(json, runtime);
    this.grpcWeb = new GrpcWebProtocol(json, runtime);
    this.rest = new RestProtocol(methods, json, runtime);
  }

  /** Starts a server with a gateway on its port. */
  public static Server start(GatewayConfig config, ServerGateway.Port port) {
    return GatewayServer.start(port, new GatewayService(config, port), ConnectionLimits.DEFAULT);
  }

  /** The types that an {@code Any} may hold: all that the contracts know, and those of errors. */
  private TypeRegistry types() {
    TypeRegistry.Builder types = TypeRegistry.newBuilder();
    Set<FileDescriptor> seen = new HashSet<>();
    methods.all().forEach(method -> addTypes(method.schema().getFile(), types, seen));
    addTypes(com.google.rpc.ErrorDetailsProto.getDescriptor(), types, seen);
    return types.build();
  }

  private static void addTypes(
      FileDescriptor file, TypeRegistry.Builder types, Set<FileDescriptor> seen) {
    if (seen.add(file)) {
      types.add(file.getMessageTypes());
      file.getDependencies().forEach(each -> addTypes(each, types, seen));
    }
  }

  @Override
  public BodyReceiver begin(HttpExchange given) {
    RequestHead request = given.request();
    if (CorsRules.isPreflight(request)) {
      cors.answerPreflight(given);
      return BodyReceiver.IGNORE;
    }
    HttpExchange exchange = new CorsExchange(given, cors);
    if (!cors.admits(request)) {
      CorsRules.refuse(exchange);
      return BodyReceiver.IGNORE;
    }
    String type = MediaType.essence(request.header("content-type"));
    ServedMethod method = methods.ofPath(request.path());
    if (type.startsWith("application/grpc")) {
      return grpcWeb.begin(method, type, exchange);
    }
    if (method != null) {
      return connect.begin(method, exchange);
    }
    BodyReceiver routed = rest.begin(exchange);
    if (routed != null) {
      return routed;
    }
    @Nullable String page = page(request.path());
    if (page != null) {
      return WebPage.begin(
          exchange,
          page,
          java.util.Objects.requireNonNull(pages.get(page)),
          handlers,
          maxRequestBytes);
    }
    ConnectProtocol.refuse(
        exchange,
        404,
        "nothing is served at "
            + request.path()
            + "; a method has the path /package.Service/Method",
        "cache-control",
        "no-store");
    return BodyReceiver.IGNORE;
  }

  /** Returns the longest path with a page that a request's path begins with; null without one. */
  private @Nullable String page(String path) {
    String candidate = path;
    while (!candidate.isEmpty()) {
      if (pages.containsKey(candidate)) {
        return candidate;
      }
      candidate = candidate.substring(0, Math.max(0, candidate.lastIndexOf('/')));
    }
    return pages.containsKey("/") ? "/" : null;
  }
}
