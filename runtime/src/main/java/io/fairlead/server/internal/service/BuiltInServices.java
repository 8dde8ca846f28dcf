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

  /**
   * Makes the services.
   *
   * @param exposed answer every peer, not just those on this machine. Health always does: probes
   *     and the clients of a fleet follow it, and it says no more than whether to call.
   */
  public static List<ServerServiceDefinition> of(
      Set<BuiltInService> wanted, Set<BuiltInService> exposed, HealthStatuses health) {
    List<ServerServiceDefinition> services = new ArrayList<>();
    if (wanted.contains(BuiltInService.HEALTH)) {
      services.add(health.service().bindService());
    }
    if (wanted.contains(BuiltInService.REFLECTION)) {
      services.add(reflection(ProtoReflectionServiceV1.newInstance(), exposed));
      services.add(reflection(reflectionV1Alpha(), exposed));
    }
    if (wanted.contains(BuiltInService.CHANNELZ)) {
      services.add(
          guarded(
              ChannelzService.newInstance(CHANNELZ_PAGE).bindService(),
              BuiltInService.CHANNELZ,
              exposed));
    }
    return services;
  }

  private static ServerServiceDefinition guarded(
      ServerServiceDefinition service, BuiltInService kind, Set<BuiltInService> exposed) {
    return exposed.contains(kind)
        ? service
        : ServerInterceptors.intercept(service, new LoopbackInterceptor(kind));
  }

  private static ServerServiceDefinition reflection(
      BindableService service, Set<BuiltInService> exposed) {
    return guarded(
        ServerInterceptors.intercept(service, new ReflectionInterceptor()),
        BuiltInService.REFLECTION,
        exposed);
  }

  @SuppressWarnings("deprecation") // grpcurl and other tools still ask for v1alpha.
  private static BindableService reflectionV1Alpha() {
    return io.grpc.protobuf.services.ProtoReflectionService.newInstance();
  }
}
