package io.fairlead.gateway;

import io.fairlead.client.RpcChannel;
import io.fairlead.discovery.Registry;
import io.fairlead.gateway.internal.CorsRules;
import io.fairlead.gateway.internal.GatewayConfig;
import io.fairlead.gateway.internal.GatewayService;
import io.fairlead.gateway.internal.proxy.DescriptorSetFile;
import io.fairlead.gateway.internal.proxy.ProxyConfig;
import io.fairlead.gateway.internal.proxy.RegistryOpener;
import io.fairlead.lifecycle.ServerGateway;
import io.fairlead.management.WebHandler;
import io.grpc.Server;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.UnaryOperator;

/**
 * Serves browsers, curl and REST clients on the port that a server uses for gRPC.
 *
 * <pre>{@code
 * RpcServer.builder("inventory")
 *     .service(InventoryRpc.bind(handler))
 *     .gateway(Gateway.standard())
 *     .start();
 * }</pre>
 *
 * <p>It speaks Connect, gRPC-Web, and REST as {@code google.api.http} in a contract describes it,
 * over HTTP/1.1 and HTTP/2, with and without TLS. Each call passes all layers of the server:
 * deadline, authorizer, admission, observers. Calls of gRPC do not pass through it.
 *
 * <p>Immutable: one gateway may be given to several servers.
 */
public final class Gateway implements ServerGateway {
  private final GatewayConfig config;

  private Gateway(GatewayConfig config) {
    this.config = config;
  }

  /**
   * Returns a gateway for all protocols. What a page of another origin sends is refused, see {@link
   * Builder#allowOrigins}.
   */
  public static Gateway standard() {
    return builder().build();
  }

  /**
   * Returns a gateway that forwards the calls of one target's services to it. {@link
   * Builder#forward} has the details.
   *
   * <pre>{@code
   * RpcServer.builder("gateway")
   *     .port(8080)
   *     .gateway(Gateway.proxy("etcd://127.0.0.1:2379/inventory", Contracts.reflection()))
   *     .start();
   * }</pre>
   *
   * @param target as {@code RpcChannel.to} takes it
   */
  public static Gateway proxy(String target, Contracts contracts) {
    return builder().forward(target, contracts).build();
  }

  /** Starts to describe a gateway. */
  public static Builder builder() {
    return new Builder();
  }

  @Override
  public boolean addsServices() {
    return !config.proxy().isEmpty();
  }

  @Override
  public Server open(Port port) {
    return GatewayService.start(config, port);
  }

  /** Collects what a gateway is to be. Not safe for use by many threads. */
  public static final class Builder {
    private final Set<String> origins = new TreeSet<>();
    private final Set<String> headers = new TreeSet<>();
    private final Map<String, WebHandler> handlers = new TreeMap<>();

    private final List<ProxyConfig.Target> targets = new ArrayList<>();
    private final List<ProxyConfig.Prefix> prefixes = new ArrayList<>();
    private UnaryOperator<RpcChannel.Builder> channels = channel -> channel;
    private boolean hashByCaller;
    private boolean forwardAuthorization;
    private boolean openApi = true;
    private String deadlineHeader = "";
    private String requestIdHeader = "";
    private Duration reload = Duration.ofSeconds(30);

    private Builder() {}

    /**
     * Lets web pages of these origins call, such as {@code "https://shop.example"}; {@code "*"}
     * stands for all. Cookies are never let in. Default: pages of the server's own origin alone.
     *
     * <p>A request with the {@code Origin} of another page is answered with 403 and reaches no
     * handler. Browsers send a simple GET, as of a link or an image, without {@code Origin}: it is
     * answered, and the page cannot read the answer. So a method with a GET must have no effects.
     */
    public Builder allowOrigins(String... allowed) {
      for (String origin : allowed) {
        if (!origin.equals("*") && !isOrigin(origin)) {
          throw new IllegalArgumentException(
              "\"" + origin + "\" is not an origin; use the form https://shop.example, or *");
        }
        origins.add(origin.toLowerCase(Locale.ROOT));
      }
      return this;
    }

    private static boolean isOrigin(String text) {
      try {
        URI uri = URI.create(text);
        return uri.getScheme() != null
            && uri.getHost() != null
            && uri.getRawPath().isEmpty()
            && uri.getRawQuery() == null
            && uri.getUserInfo() == null;
      } catch (IllegalArgumentException e) {
        return false;
      }
    }

    /** Lets these pages send further headers. What Connect and gRPC-Web need is allowed anyway. */
    public Builder allowHeaders(String... names) {
      for (String name : names) {
        headers.add(name.toLowerCase(Locale.ROOT));
      }
      return this;
    }

    /**
     * Serves a web page below a path of the port. It is not guarded: whoever reaches the port
     * reaches the page.
     */
    public Builder handler(String path, WebHandler handler) {
      if (!path.startsWith("/") || (path.length() > 1 && path.endsWith("/"))) {
        throw new IllegalArgumentException(
            "the path \"" + path + "\" has to begin with a slash and must not end with one");
      }
      if (handlers.putIfAbsent(path, Objects.requireNonNull(handler, "handler")) != null) {
        throw new IllegalArgumentException("the path " + path + " has a handler already");
      }
      return this;
    }

    /**
     * Forwards calls of a target's services to it, over a channel with deadlines, retries, breakers
     * and balancing as the contracts say. Each call passes the layers of this server first. May be
     * called for several targets; a service that two of them have goes to the first.
     *
     * <p>The contracts are read at the start, and again every {@link #reload}. While they cannot be
     * read, what was read before stays in force; at first, calls get UNAVAILABLE. A policy or a
     * limit of the server may name a service that is not known yet.
     *
     * @param target as {@code RpcChannel.to} takes it, e.g. {@code "dns:///inventory:50051"}
     */
    public Builder forward(String target, Contracts contracts) {
      targets.add(new ProxyConfig.Target(target, contracts.source()));
      return this;
    }

    /**
     * Forwards calls to all services of a registry whose names begin with a prefix; the empty one
     * stands for all. New services are found without a restart. Each server opens the registry, and
     * closes it.
     *
     * @param contracts of each service, so not those of a descriptor set, which does not say which
     *     service of the registry has them
     * @param registry such as {@code "etcd://127.0.0.1:2379"}
     */
    public Builder forwardAll(String registry, String prefix, Contracts contracts) {
      return forwardAll(RegistryOpener.of(registry), prefix, contracts);
    }

    /** Does the same with a registry that stays the caller's. */
    public Builder forwardAll(Registry registry, String prefix, Contracts contracts) {
      return forwardAll(RegistryOpener.of(registry), prefix, contracts);
    }

    private Builder forwardAll(RegistryOpener registry, String prefix, Contracts contracts) {
      if (contracts.source() instanceof DescriptorSetFile) {
        throw new IllegalArgumentException(
            "the "
                + contracts
                + " does not say which service of a registry has which contract; use"
                + " Contracts.reflection(), or forward(target, contracts) for each service");
      }
      prefixes.add(new ProxyConfig.Prefix(registry, prefix, contracts.source()));
      return this;
    }

    /** Changes each channel before it is built: credentials, a registry, policies, observers. */
    public Builder channels(UnaryOperator<RpcChannel.Builder> change) {
      channels = Objects.requireNonNull(change, "change");
      return this;
    }

    /**
     * Sends calls from one address to one endpoint, where the contract or {@link #channels} asks
     * for a balancer that hashes. Behind a further proxy all callers have one address.
     */
    public Builder hashByCaller() {
      hashByCaller = true;
      return this;
    }

    /**
     * Forwards the headers {@code authorization} and {@code cookie} of a caller to the services,
     * though the server has an authorizer that checks them. Any of these services can then use the
     * token elsewhere. A server without an authorizer forwards them anyway.
     */
    public Builder forwardAuthorization() {
      forwardAuthorization = true;
      return this;
    }

    /** Sets how often contracts and registries are read again. Default: 30s. */
    public Builder reload(Duration interval) {
      if (interval.isNegative() || interval.isZero()) {
        throw new IllegalArgumentException(
            "reload is " + interval + "; use a positive duration, e.g. 30s");
      }
      reload = interval;
      return this;
    }

    /**
     * Sets whether {@code GET /openapi.json} answers with the OpenAPI 3.1 document of all services.
     * Default: yes.
     */
    public Builder openApi(boolean served) {
      openApi = served;
      return this;
    }

    /**
     * Sets a request header by which callers of every protocol say how long they wait, as a number
     * of milliseconds. The shorter time counts if {@code connect-timeout-ms} or {@code
     * grpc-timeout} is there too. Default: none.
     */
    public Builder deadlineHeader(String name) {
      deadlineHeader = header(name);
      return this;
    }

    /**
     * Sets a header that tells requests apart, such as {@code "x-request-id"}. A request without it
     * gets a random one, the handler sees it as metadata, and the response repeats it. A value that
     * is longer than 128 characters or not printable ASCII is replaced. Default: none.
     */
    public Builder requestIdHeader(String name) {
      requestIdHeader = header(name);
      return this;
    }

    private static String header(String name) {
      String lower = name.toLowerCase(Locale.ROOT);
      if (!lower.matches("[a-z0-9][a-z0-9_.-]*") || lower.endsWith("-bin")) {
        throw new IllegalArgumentException(
            "\""
                + name
                + "\" cannot be the name of a header with text; use one such as x-request-id");
      }
      return lower;
    }

    /** Returns the gateway. */
    public Gateway build() {
      return new Gateway(
          new GatewayConfig(
              new CorsRules(origins, headers),
              handlers,
              openApi,
              deadlineHeader,
              requestIdHeader,
              new ProxyConfig(
                  targets, prefixes, channels, hashByCaller, forwardAuthorization, reload)));
    }
  }
}
