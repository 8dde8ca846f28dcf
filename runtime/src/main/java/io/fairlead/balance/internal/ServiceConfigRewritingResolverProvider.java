package io.fairlead.balance.internal;

import io.grpc.NameResolver;
import io.grpc.NameResolverProvider;
import io.grpc.NameResolverRegistry;
import java.net.SocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Collection;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Makes the resolvers that grpc-java would, and rewrites the service configs that they bring.
 *
 * <p>grpc-java parses a service config before the load balancer sees it, and would choose its own
 * balancer by a name that we have too. The only place to step in is the parser that a resolver is
 * given. Belongs to one channel, and is in no registry.
 */
public final class ServiceConfigRewritingResolverProvider extends NameResolverProvider {
  private final String scheme;
  private final NameResolverProvider delegate;

  private ServiceConfigRewritingResolverProvider(String scheme, NameResolverProvider delegate) {
    this.scheme = scheme;
    this.delegate = delegate;
  }

  /** For a channel to this target; null if grpc-java has no resolver for it, and will say so. */
  public static @Nullable NameResolverProvider of(String target) {
    NameResolverRegistry registry = NameResolverRegistry.getDefaultRegistry();
    String stated = schemeOf(target);
    NameResolverProvider named = stated == null ? null : registry.getProviderForScheme(stated);
    String scheme = named == null || stated == null ? registry.getDefaultScheme() : stated;
    NameResolverProvider found = named == null ? registry.getProviderForScheme(scheme) : named;
    return found == null ? null : new ServiceConfigRewritingResolverProvider(scheme, found);
  }

  private static @Nullable String schemeOf(String target) {
    try {
      return new URI(target).getScheme();
    } catch (URISyntaxException e) {
      return null; // Such as 127.0.0.1:50051, to which grpc-java adds its default scheme.
    }
  }

  @Override
  public @Nullable NameResolver newNameResolver(URI uri, NameResolver.Args args) {
    NameResolver.ServiceConfigParser parser = args.getServiceConfigParser();
    return delegate.newNameResolver(
        uri,
        args.toBuilder()
            .setServiceConfigParser(
                new NameResolver.ServiceConfigParser() {
                  @Override
                  public NameResolver.ConfigOrError parseServiceConfig(Map<String, ?> config) {
                    return parser.parseServiceConfig(ServiceConfigRewriter.forChannel(config));
                  }
                })
            .build());
  }

  @Override
  protected boolean isAvailable() {
    return true;
  }

  @Override
  protected int priority() {
    return 5; // It is given to one channel, and compared with nobody.
  }

  @Override
  public String getDefaultScheme() {
    return scheme;
  }

  @Override
  public Collection<Class<? extends SocketAddress>> getProducedSocketAddressTypes() {
    return delegate.getProducedSocketAddressTypes();
  }

  @Override
  public String toString() {
    return "ServiceConfigRewritingResolverProvider[" + delegate + "]";
  }
}
