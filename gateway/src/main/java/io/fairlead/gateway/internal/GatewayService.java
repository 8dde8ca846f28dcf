package io.fairlead.gateway.internal;

import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.TypeRegistry;
import io.fairlead.gateway.internal.call.CallRuntime;
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
import io.fairlead.gateway.internal.json.JsonCodec;
import io.fairlead.gateway.internal.proxy.Backends;
import io.fairlead.gateway.internal.rest.RestProtocol;
import io.fairlead.lifecycle.ServerGateway;
import io.fairlead.management.WebHandler;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.netty.handler.codec.http.HttpHeaderNames;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Chooses who answers a request: by its content type, by the path of a method, by the routes of the
 * contracts, by the paths of web pages, in this order.
 */
public final class GatewayService implements HttpService {
  private static final System.Logger LOG = System.getLogger(GatewayService.class.getName());
  private static final String OPEN_API = "/openapi.json";

  private final ServerGateway.Port port;
  private final CorsRules cors;
  private final Map<String, WebHandler> pages;
  private final Executor handlers;
  private final int maxRequestBytes;
  private final String deadlineHeader;
  private final RequestIds ids;

  /** Replaced as a whole when the services of other processes change. */
  private volatile Served served;

  /**
   * All services at one time. Immutable.
   *
   * @param forwarded names of services that grpc-java does not know
   * @param missing why services of other processes are not known, by target
   */
  private record Served(
      ServedMethods methods,
      ConnectProtocol connect,
      GrpcWebProtocol grpcWeb,
      RestProtocol rest,
      Set<String> forwarded,
      Map<String, String> missing) {

    static Served of(
        ServerGateway.Port port,
        List<ServerServiceDefinition> forwarded,
        Map<String, String> missing,
        String deadlineHeader,
        Consumer<IllegalStateException> refused) {
      List<ServerServiceDefinition> all = new ArrayList<>(port.services());
      Set<String> own = new HashSet<>();
      all.forEach(each -> own.add(each.getServiceDescriptor().getName()));
      Set<String> names = new HashSet<>();
      for (ServerServiceDefinition each : forwarded) {
        String name = each.getServiceDescriptor().getName();
        if (!own.contains(name)) {
          all.add(each);
          names.add(name);
        }
      }
      ServedMethods methods = new ServedMethods(all);
      CallRuntime runtime =
          new CallRuntime(port.tracers(), port.timer(), port.maxRequestBytes(), deadlineHeader);
      JsonCodec json = new JsonCodec(types(methods));
      return new Served(
          methods,
          new ConnectProtocol(json, runtime),
          new GrpcWebProtocol(json, runtime),
          new RestProtocol(methods, json, runtime, refused),
          Set.copyOf(names),
          missing);
    }
  }

  /** Makes the service for a port, without opening it. */
  GatewayService(GatewayConfig config, ServerGateway.Port port) {
    this.port = port;
    this.cors = config.cors();
    this.pages = new TreeMap<>(config.handlers());
    if (config.openApi()) {
      // On its own threads: a large contract takes longer than an event loop may.
      pages.putIfAbsent(
          OPEN_API, exchange -> exchange.respond(200, "application/json", served.rest().openApi()));
    }
    this.handlers = port.handlers();
    this.maxRequestBytes = port.maxRequestBytes();
    this.deadlineHeader = config.deadlineHeader();
    this.ids = new RequestIds(config.requestIdHeader());
    this.served =
        Served.of(
            port,
            List.of(),
            Map.of(),
            deadlineHeader,
            mistake -> {
              throw mistake;
            });
  }

  /** Starts a server with a gateway on its port. */
  public static Server start(GatewayConfig config, ServerGateway.Port port) {
    GatewayService service = new GatewayService(config, port);
    if (config.proxy().isEmpty()) {
      return GatewayServer.start(port, service, ConnectionLimits.DEFAULT, () -> {});
    }
    Backends backends =
        new Backends(
            config.proxy(),
            port.timer(),
            port.handlers(),
            port::layered,
            config.proxy().forwardAuthorization() || !port.authorizes(),
            service::replace);
    backends.start();
    try {
      return GatewayServer.start(port, service, ConnectionLimits.DEFAULT, backends::close);
    } catch (RuntimeException | Error e) {
      backends.close();
      throw e;
    }
  }

  private void replace(List<ServerServiceDefinition> forwarded, Map<String, String> missing) {
    // Nobody who starts this gateway can change the contracts, and other routes are right.
    served =
        Served.of(
            port,
            forwarded,
            missing,
            deadlineHeader,
            mistake ->
                LOG.log(
                    System.Logger.Level.WARNING, "a route is left out: {0}", mistake.getMessage()));
  }

  /** The types that an {@code Any} may hold: all that the contracts know, and those of errors. */
  private static TypeRegistry types(ServedMethods methods) {
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
    ids.complete(request.headers());
    if (CorsRules.isPreflight(request)) {
      cors.answerPreflight(given);
      return BodyReceiver.IGNORE;
    }
    HttpExchange exchange = new CompletedExchange(given, cors, ids);
    if (!cors.admits(request)) {
      CorsRules.refuse(exchange);
      return BodyReceiver.IGNORE;
    }
    String type = MediaType.essence(request.header(HttpHeaderNames.CONTENT_TYPE));
    Served now = served;
    ServedMethod method = now.methods().ofPath(request.path());
    if (type.startsWith("application/grpc")) {
      return now.grpcWeb().begin(method, type, exchange);
    }
    if (method != null) {
      return now.connect().begin(method, exchange);
    }
    BodyReceiver routed = now.rest().begin(exchange);
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
    if (!now.missing().isEmpty()) {
      ConnectProtocol.refuse(
          exchange,
          503,
          "the contracts of a service are not known yet; try again",
          "retry-after",
          "1");
      return BodyReceiver.IGNORE;
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

  @Override
  public boolean takesGrpc(@Nullable CharSequence path) {
    Set<String> names = served.forwarded();
    if (names.isEmpty() || path == null) {
      return false;
    }
    String text = path.toString();
    int slash = text.lastIndexOf('/');
    return slash > 0 && names.contains(text.substring(1, slash));
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
