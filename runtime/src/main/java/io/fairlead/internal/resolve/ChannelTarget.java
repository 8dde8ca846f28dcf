package io.fairlead.internal.resolve;

import com.google.errorprone.annotations.FormatMethod;
import com.google.errorprone.annotations.FormatString;
import io.fairlead.balance.BalancingOptions;
import io.fairlead.balance.EndpointView;
import io.fairlead.discovery.Registry;
import io.fairlead.discovery.RegistryProvider;
import io.fairlead.discovery.RegistryUri;
import io.fairlead.observe.CallObserver;
import io.grpc.ManagedChannelBuilder;
import io.grpc.NameResolver;
import io.grpc.NameResolverRegistry;
import java.net.InetAddress;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Where a channel goes: a service in a registry, or a target that grpc-java resolves ({@code
 * dns:///host:port}, {@code host:port}).
 *
 * <p>{@code scheme://address/service} opens a registry of its own, which {@link #close} closes;
 * {@code scheme:///service} uses the one that was given, which stays open. All mistakes of a target
 * are found here, before anything is opened.
 *
 * <p>grpc-java's API has no way to hand objects to a resolver or a balancer, except as an argument
 * of name resolution. So this object travels there, and carries the channel's options to the
 * balancer. The channel closes it after its connections have ended.
 */
public final class ChannelTarget implements AutoCloseable {
  private static final int ETCD_PORT = 2379;

  private final String target;
  private final @Nullable String service;
  private final @Nullable Registry registry;
  private final boolean owned;
  private volatile boolean tls;
  private volatile BalancingOptions balancing = BalancingOptions.DEFAULT;
  private volatile @Nullable CallObserver observer;
  private volatile List<? extends EndpointView> endpoints = List.of();

  private ChannelTarget(
      String target, @Nullable String service, @Nullable Registry registry, boolean owned) {
    this.target = target;
    this.service = service;
    this.registry = registry;
    this.owned = owned;
  }

  /**
   * Reads a target and opens its registry if it names one.
   *
   * @param registry the registry that the user gave, or null
   * @throws IllegalArgumentException if target and registry do not go together; the message says
   *     which of them to leave out
   */
  public static ChannelTarget open(String target, @Nullable Registry registry) {
    if (target.startsWith("unix:")) {
      throw unusable(
          target, "is a Unix-domain socket, and a channel's connections are TCP; write host:port");
    }
    int colon = target.indexOf("://");
    String scheme = colon < 0 ? "" : target.substring(0, colon);
    // A host and a port need no registry, and looking for them takes time at a start.
    Map<String, RegistryProvider> providers =
        isPort(target.substring(target.indexOf(':') + 1)) ? Map.of() : providers();
    refuseOneSlash(target, providers.keySet());
    boolean ofGrpc =
        colon < 0 || (!providers.containsKey(scheme) && isGrpcScheme(scheme) && registry == null);
    if (ofGrpc) {
      if (registry != null) {
        throw unusable(
            target,
            "names a host, and a registry was given too; write the target as registry:///service,"
                + " or leave the registry out");
      }
      checkHostAndPort(target, scheme);
      return new ChannelTarget(target, null, null, false);
    }
    if (scheme.equals("http") || scheme.equals("https")) {
      throw unusable(
          target,
          "is a URL; write host:port for a server, or etcd://host:port/service for a service in"
              + " etcd. TLS is a setting of the channel");
    }
    URI uri = uri(target);
    RegistryUri parts = RegistryUri.of(uri);
    boolean namesAddress = !parts.authority().isEmpty() || !parts.query("endpoint").isEmpty();
    if (registry != null) {
      if (namesAddress || isGrpcScheme(scheme)) {
        throw unusable(
            target,
            "says where to look, and a registry was given too; write \"%s:///%s\" to use the"
                + " registry that was given, or leave that registry out",
            scheme,
            parts.service());
      }
      return new ChannelTarget(target, parts.service(), registry, false);
    }
    RegistryProvider provider = providers.get(scheme);
    if (provider == null) {
      throw unusable(
          target,
          "needs a registry of the kind \"%s\", and none is on the class path; add its module (for"
              + " etcd: fairlead-registry-etcd) or give one with .registry(...). Found: %s and"
              + " grpc-java's dns",
          scheme,
          providers.keySet());
    }
    if (!namesAddress) {
      throw unusable(
          target,
          "names no registry, and none was given; write \"%s://host:port/%s\" or give one with"
              + " .registry(...)",
          scheme,
          parts.service());
    }
    return new ChannelTarget(target, parts.service(), provider.open(uri), true);
  }

  /** Returns what to build a grpc-java channel for. */
  public String grpcTarget() {
    return service == null
        ? target
        : RegistryNameResolverProvider.SCHEME + ":///" + RegistryNameResolver.encode(service);
  }

  /**
   * Gives a channel builder, made for {@link #grpcTarget}, what its resolver and balancer need.
   *
   * @param tls whether the channel speaks TLS, and so prefers addresses that do
   */
  public void configure(ManagedChannelBuilder<?> builder, boolean tls, BalancingOptions options) {
    this.tls = tls;
    builder.setNameResolverArg(RegistryNameResolverProvider.TARGET, this);
    this.balancing = options;
    builder.defaultLoadBalancingPolicy(BalancingOptions.POLICY_NAME);
  }

  /** Returns the service's name in the registry; empty for a target of grpc-java's. */
  String service() {
    return service == null ? "" : service;
  }

  /**
   * Returns the options of the channel, as they were given: they reach the balancer through this
   * object.
   */
  public BalancingOptions balancing() {
    return balancing;
  }

  /** Sets who hears of the channel's connections and of outliers. Before the channel is built. */
  public void observer(CallObserver listener) {
    observer = listener;
  }

  /** Returns who hears of the channel's connections and of outliers; null for nobody. */
  public @Nullable CallObserver observer() {
    return observer;
  }

  /** Returns the endpoints that the balancer knows now. Any thread. */
  public List<? extends EndpointView> endpoints() {
    return endpoints;
  }

  /** Takes the endpoints that the balancer knows; it calls this whenever they have changed. */
  public void endpoints(List<? extends EndpointView> known) {
    endpoints = known;
  }

  /** Returns the target as it was given. */
  public String target() {
    return target;
  }

  NameResolver newResolver(NameResolver.Args args) {
    if (registry == null || service == null) {
      throw new IllegalStateException("Target " + target + " has no registry");
    }
    Executor offload = args.getOffloadExecutor();
    if (offload == null) {
      throw new IllegalStateException("grpc-java gave no executor for looking up host names");
    }
    return new RegistryNameResolver(
        registry,
        service,
        tls,
        args.getSynchronizationContext(),
        offload,
        InetAddress::getAllByName);
  }

  /** Closes the registry if this target opened it. Call it after the channel has ended. */
  @Override
  public void close() {
    if (owned && registry != null) {
      registry.close();
    }
  }

  @Override
  public String toString() {
    return registry == null ? target : target + " in " + registry;
  }

  /** {@code etcd:/inventory} and {@code etcd:inventory}, which grpc-java reads in its own way. */
  private static void refuseOneSlash(String target, Set<String> schemes) {
    int colon = target.indexOf(':');
    String scheme = colon < 0 ? "" : target.substring(0, colon);
    String rest = target.substring(colon + 1);
    boolean port = isPort(rest);
    boolean registry = schemes.contains(scheme) || scheme.equals("etcd");
    if (registry && !port && !rest.startsWith("//")) {
      throw unusable(
          target,
          "lacks slashes; write \"%s://host:port/service\", or \"%s:///service\" with"
              + " .registry(...)",
          scheme,
          scheme);
    }
  }

  private static boolean isPort(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (!Character.isDigit(text.charAt(i))) {
        return false;
      }
    }
    return !text.isEmpty();
  }

  /** Without a port, grpc-java takes 80 or 443; where hardly anybody listens. */
  private static void checkHostAndPort(String target, String scheme) {
    if (!scheme.isEmpty() && !scheme.equals("dns")) {
      return;
    }
    String path = target.startsWith("dns:") ? target.substring("dns:".length()) : target;
    String hostAndPort = path.substring(path.lastIndexOf('/') + 1);
    int colon = hostAndPort.lastIndexOf(':');
    boolean ipv6 = hostAndPort.indexOf(':') != colon && !hostAndPort.contains("]:");
    if (colon < 0 || ipv6 || hostAndPort.endsWith(":")) {
      throw unusable(target, "has no port; write host:port, with an IPv6 literal in brackets");
    }
    if (scheme.isEmpty() && hostAndPort.endsWith(":" + ETCD_PORT)) {
      throw unusable(
          target,
          "has etcd's port, and a channel goes to servers; write \"etcd://%s/service\" to find them"
              + " in etcd, or \"dns:///%s\" if a server listens there",
          target,
          target);
    }
  }

  /** Returns the error of a target; the sentence begins with the target. */
  @FormatMethod
  private static IllegalArgumentException unusable(
      String target, @FormatString String why, Object... values) {
    return new IllegalArgumentException("Target \"" + target + "\" " + why.formatted(values));
  }

  private static URI uri(String target) {
    try {
      return URI.create(target);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "Target \"" + target + "\" is not a URI; write it as scheme://address/service", e);
    }
  }

  /** Tells whether grpc-java has a resolver for the scheme, as it has for dns. */
  private static boolean isGrpcScheme(String scheme) {
    return !scheme.equals(RegistryNameResolverProvider.SCHEME)
        && NameResolverRegistry.getDefaultRegistry().getProviderForScheme(scheme) != null;
  }

  private static Map<String, RegistryProvider> providers() {
    Map<String, RegistryProvider> byScheme = new TreeMap<>();
    for (RegistryProvider provider : ServiceLoader.load(RegistryProvider.class)) {
      byScheme.put(provider.scheme(), provider);
    }
    return byScheme;
  }
}
