package io.fairlead.interop.grpc;

import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** The cases of gRPC's own list, by the names that its programs know. */
enum InteropCase {
  EMPTY_UNARY,
  CACHEABLE_UNARY,
  LARGE_UNARY,
  CLIENT_COMPRESSED_UNARY,
  SERVER_COMPRESSED_UNARY,
  CLIENT_STREAMING,
  CLIENT_COMPRESSED_STREAMING,
  SERVER_STREAMING,
  SERVER_COMPRESSED_STREAMING,
  PING_PONG,
  EMPTY_STREAM,
  CUSTOM_METADATA,
  STATUS_CODE_AND_MESSAGE,
  SPECIAL_STATUS_MESSAGE,
  UNIMPLEMENTED_METHOD,
  UNIMPLEMENTED_SERVICE,
  CANCEL_AFTER_BEGIN,
  CANCEL_AFTER_FIRST_RESPONSE,
  TIMEOUT_ON_SLEEPING_SERVER,
  VERY_LARGE_REQUEST,
  PICK_FIRST_UNARY,
  RPC_SOAK,
  CHANNEL_SOAK,
  ORCA_PER_RPC,
  ORCA_OOB,
  MAX_CONCURRENT_STREAMS_CONNECTION_SCALING,
  JWT_TOKEN_CREDS,
  OAUTH2_AUTH_TOKEN,
  PER_RPC_CREDS,
  COMPUTE_ENGINE_CREDS,
  COMPUTE_ENGINE_CHANNEL_CREDENTIALS,
  GOOGLE_DEFAULT_CREDENTIALS;

  /** Those in which the client shows a token, and the server says whose it is. */
  static final Set<InteropCase> WITH_TOKENS =
      Collections.unmodifiableSet(EnumSet.of(JWT_TOKEN_CREDS, OAUTH2_AUTH_TOKEN, PER_RPC_CREDS));

  /** As it is called on the command line, and in the report. */
  String id() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** What an official client must be told besides. */
  List<String> arguments() {
    return switch (this) {
      case PICK_FIRST_UNARY -> List.of(balancer("pick_first"));
      // It registers one for these cases.
      case ORCA_PER_RPC, ORCA_OOB -> List.of(balancer("test_backend_metrics_load_balancer"));
      // A pause of a busy machine is no failure: the bound on one call is generous.
      case RPC_SOAK, CHANNEL_SOAK ->
          List.of(
              "--soak_overall_timeout_seconds=100",
              "--soak_per_iteration_max_acceptable_latency_ms=30000");
      default -> List.of();
    };
  }

  private static String balancer(String name) {
    return "--service_config_json={\"loadBalancingConfig\": [{\"" + name + "\": {}}]}";
  }
}
