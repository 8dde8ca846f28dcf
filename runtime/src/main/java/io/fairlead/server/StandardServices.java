package io.fairlead.server;

import io.grpc.BindableService;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.protobuf.services.ChannelzService;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Makes the services that a server offers about itself. */
final class StandardServices {
  /** The names under which they are served. */
  static final Set<String> NAMES =
      Set.of(
          "grpc.health.v1.Health",
          "grpc.reflection.v1.ServerReflection",
          "grpc.reflection.v1alpha.ServerReflection",
          "grpc.channelz.v1.Channelz");

  private static final int CHANNELZ_PAGE = 100;

  private StandardServices() {}

  static List<ServerServiceDefinition> of(Set<StandardService> wanted, HealthBoard health) {
    List<ServerServiceDefinition> services = new ArrayList<>();
    if (wanted.contains(StandardService.HEALTH)) {
      services.add(health.service().bindService());
    }
    if (wanted.contains(StandardService.REFLECTION)) {
      services.add(reflection(ProtoReflectionServiceV1.newInstance()));
      services.add(reflection(reflectionV1Alpha()));
    }
    if (wanted.contains(StandardService.CHANNELZ)) {
      services.add(ChannelzService.newInstance(CHANNELZ_PAGE).bindService());
    }
    return services;
  }

  private static ServerServiceDefinition reflection(BindableService service) {
    return ServerInterceptors.intercept(service, new DetailReflection());
  }

  @SuppressWarnings("deprecation") // grpcurl and other tools still ask for v1alpha.
  private static BindableService reflectionV1Alpha() {
    return io.grpc.protobuf.services.ProtoReflectionService.newInstance();
  }
}
