package io.fairlead.lifecycle;

/** Services that a server offers about itself. */
public enum BuiltInService {
  /**
   * {@code grpc.health.v1.Health}: follows the readiness of each service, and says NOT_SERVING
   * before the server leaves.
   */
  HEALTH,
  /**
   * {@code grpc.reflection.v1} and {@code v1alpha}: lets tools such as grpcurl list and call the
   * services, and print the standard error details, without any proto files.
   */
  REFLECTION,
  /**
   * {@code grpc.channelz.v1}: connections, streams and counters of this process. Shows the
   * addresses of peers, so it is off unless asked for.
   */
  CHANNELZ
}
