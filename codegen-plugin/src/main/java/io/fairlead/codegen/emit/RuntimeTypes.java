package io.fairlead.codegen.emit;

import io.fairlead.codegen.names.JavaType;

/** The types outside the contract that generated code names. */
final class RuntimeTypes {
  static final JavaType DURATION = JavaType.of("java.time", "Duration");
  static final JavaType SOURCE = JavaType.of("io.fairlead", "Source");
  static final JavaType CALL_CONTEXT = JavaType.of("io.fairlead", "CallContext");

  static final JavaType ASYNC_CLIENT_CALLS =
      JavaType.of("io.fairlead.contract.client", "AsyncClientCalls");
  static final JavaType CLIENT_CALLS = JavaType.of("io.fairlead.contract.client", "ClientCalls");
  static final JavaType METHOD_CONTRACT = contract("MethodContract");
  static final JavaType RUNTIME_API = contract("RuntimeApi");
  static final JavaType SERVICE_BINDING =
      JavaType.of("io.fairlead.contract.server", "ServiceBinding");
  static final JavaType SERVICE_CONTRACT = contract("ServiceContract");
  static final JavaType FAIRLEAD_GENERATED = contract("FairleadGenerated");

  static final JavaType CACHE_POLICY = policy("CachePolicy");
  static final JavaType CODE = policy("Code");
  static final JavaType FAILURE_MODE = policy("FailureMode");
  static final JavaType HEDGING_POLICY = policy("HedgingPolicy");
  static final JavaType METHOD_POLICY = policy("MethodPolicy");
  static final JavaType MIRROR_POLICY = policy("MirrorPolicy");
  static final JavaType PRIORITY = policy("Priority");
  static final JavaType RETRY_POLICY = policy("RetryPolicy");
  static final JavaType ROUTE_POLICY = policy("RoutePolicy");

  static final JavaType CHANNEL = JavaType.of("io.grpc", "Channel");
  static final JavaType SERVER_SERVICE_DEFINITION =
      JavaType.of("io.grpc", "ServerServiceDefinition");

  static final JavaType COMPLETION_STAGE = JavaType.of("java.util.concurrent", "CompletionStage");
  static final JavaType FUNCTION = JavaType.of("java.util.function", "Function");
  static final JavaType GENERATED = JavaType.of("javax.annotation.processing", "Generated");
  static final JavaType NULL_MARKED = JavaType.of("org.jspecify.annotations", "NullMarked");
  static final JavaType PUBLISHER = new JavaType("java.util.concurrent", "", "Flow.Publisher");

  static final JavaType DEPRECATED = lang("Deprecated");
  static final JavaType OVERRIDE = lang("Override");
  static final JavaType STRING = lang("String");
  static final JavaType SUPPRESS_WARNINGS = lang("SuppressWarnings");

  private RuntimeTypes() {}

  /** Whether the type is one of these, by its package: messages never live there. */
  static boolean isOurs(JavaType type) {
    String name = type.packageName();
    return name.startsWith("java.")
        || name.startsWith("javax.")
        || name.startsWith("io.fairlead")
        || name.startsWith("io.grpc")
        || name.startsWith("org.jspecify");
  }

  private static JavaType contract(String name) {
    return JavaType.of("io.fairlead.contract", name);
  }

  private static JavaType policy(String name) {
    return JavaType.of("io.fairlead.policy", name);
  }

  private static JavaType lang(String name) {
    return JavaType.of("java.lang", name);
  }
}
