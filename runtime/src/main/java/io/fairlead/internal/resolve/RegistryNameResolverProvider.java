package io.fairlead.internal.resolve;

import io.grpc.NameResolver;
import io.grpc.NameResolverProvider;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.URI;
import java.util.Collection;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The one scheme under which channels with a registry reach grpc-java, {@code fairlead:///service}.
 * The registry itself comes as an argument of the channel; see {@link ChannelTarget}.
 */
public final class RegistryNameResolverProvider extends NameResolverProvider {
  static final String SCHEME = "fairlead";

  public static final NameResolver.Args.Key<ChannelTarget> TARGET =
      NameResolver.Args.Key.create("io.fairlead.balance.target");

  @Override
  public @Nullable NameResolver newNameResolver(URI uri, NameResolver.Args args) {
    if (!SCHEME.equals(uri.getScheme())) {
      return null;
    }
    ChannelTarget target = args.getArg(TARGET);
    if (target == null) {
      throw new IllegalArgumentException(
          "Target "
              + uri
              + " is for channels that Fairlead builds; use RpcChannel.to(...) with a registry");
    }
    return target.newResolver(args);
  }

  @Override
  protected boolean isAvailable() {
    return true;
  }

  @Override
  protected int priority() {
    return 4; // Below dns, which stays the default for targets without a scheme.
  }

  @Override
  public String getDefaultScheme() {
    return SCHEME;
  }

  @Override
  public Collection<Class<? extends SocketAddress>> getProducedSocketAddressTypes() {
    return Set.of(InetSocketAddress.class);
  }
}
