package io.fairlead.server.internal.service;

import io.fairlead.lifecycle.BuiltInService;
import io.grpc.BindableService;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.protobuf.services.ChannelzService;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Makes the services that a server offers about itself. */
public final class BuiltInServices {
  /** The names under which they are served. */
  public static final Set<String> NAMES =
      Set.of(
          "grpc.health.v1.Health",
          "grpc.reflection.v1.ServerReflection",
          "grpc.reflection.v1alpha.ServerReflection",
          "grpc.channelz.v1.Channelz");

  private static final int CHANNELZ_PAGE = 100;

  private BuiltInServices() {}

  public static List<ServerServiceDefinition> of(
      Set<BuiltInService> wanted, HealthStatuses health) {
    List<ServerServiceDefinition> services = new ArrayList<>();
    if (wanted.contains(BuiltInService.HEALTH)) {
      services.add(health.service().bindService());
    }
    if (wanted.contains(BuiltInService.REFLECTION)) {
      services.add(reflection(ProtoReflectionServiceV1.newInstance()));
      services.add(reflection(reflectionV1Alpha()));
    }
    if (wanted.contains(BuiltInService.CHANNELZ)) {
      services.add(ChannelzService.newInstance(CHANNELZ_PAGE).bindService());
    }
    return services;
  }

  private static ServerServiceDefinition reflection(BindableService service) {
    return ServerInterceptors.intercept(service, new ReflectionInterceptor());
  }

  @SuppressWarnings("deprecation") // grpcurl and other tools still ask for v1alpha.
  private static BindableService reflectionV1Alpha() {
    return io.grpc.protobuf.services.ProtoReflectionService.newInstance();
  }
}
