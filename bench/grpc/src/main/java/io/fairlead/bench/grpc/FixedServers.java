package io.fairlead.bench.grpc;

import io.grpc.EquivalentAddressGroup;
import io.grpc.NameResolver;
import io.grpc.NameResolverProvider;
import io.grpc.NameResolverRegistry;
import io.grpc.StatusOr;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** Targets like {@code servers:///5001,5002}: ports of this machine, in grpc-java's own form. */
final class FixedServers extends NameResolverProvider {
  private static final String SCHEME = "servers";

  static {
    NameResolverRegistry.getDefaultRegistry().register(new FixedServers());
  }

  private FixedServers() {}

  static String target(List<Integer> ports) {
    return ports.stream()
        .map(String::valueOf)
        .collect(Collectors.joining(",", SCHEME + ":///", ""));
  }

  @Override
  public NameResolver newNameResolver(URI target, NameResolver.Args args) {
    List<EquivalentAddressGroup> servers =
        Arrays.stream(target.getPath().substring(1).split(",", -1))
            .map(FixedServers::server)
            .toList();
    return new NameResolver() {
      @Override
      public String getServiceAuthority() {
        return SCHEME;
      }

      @Override
      public void start(Listener2 listener) {
        listener.onResult(
            ResolutionResult.newBuilder().setAddressesOrError(StatusOr.fromValue(servers)).build());
      }

      @Override
      public void shutdown() {
        // Nothing is open.
      }
    };
  }

  private static EquivalentAddressGroup server(String port) {
    return new EquivalentAddressGroup(
        new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(port)));
  }

  @Override
  public String getDefaultScheme() {
    return SCHEME;
  }

  @Override
  protected boolean isAvailable() {
    return true;
  }

  @Override
  protected int priority() {
    return 5;
  }
}
