package io.fairlead.client.internal;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fairlead.client.RpcChannel;
import io.fairlead.policy.FailureMode;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.policy.RetryPolicy;
import io.grpc.CallOptions;
import io.grpc.health.v1.HealthGrpc;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class StartUpErrorsTest {
  private static final MethodPolicy RETRY =
      MethodPolicy.builder().retry(RetryPolicy.builder().build()).build();

  private static void refuses(RpcChannel.Builder builder, String message) {
    assertThatThrownBy(builder::build)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }

  @Test
  void policyForAnUnknownMethodIsRefused() {
    refuses(
        RpcChannel.to("127.0.0.1:1")
            .service(HealthGrpc.getServiceDescriptor())
            .policy("grpc.health.v1.Health/Chek", RETRY),
        "A policy is given for \"grpc.health.v1.Health/Chek\", but the service has no such method;"
            + " it has [Check, Watch]");
  }

  @Test
  void policyForAnUnknownServiceIsRefused() {
    refuses(
        RpcChannel.to("127.0.0.1:1").policy("shop.v1.Inventory/Reserve", RETRY),
        "A policy is given for \"shop.v1.Inventory/Reserve\", but this channel does not know the"
            + " service shop.v1.Inventory; add .service(...) with its contract or descriptor, or"
            + " correct the name (known: [])");
  }

  @Test
  void retryOfANonIdempotentMethodIsRefused() {
    refuses(
        RpcChannel.to("127.0.0.1:1")
            .service(HealthGrpc.getServiceDescriptor())
            .policy("grpc.health.v1.Health/Check", RETRY),
        "grpc.health.v1.Health/Check cannot have retry attempts 3, on [UNAVAILABLE], backoff 25ms x"
            + " 2.0 up to 1s (builder): the method is not marked idempotent, so it must not run"
            + " twice; mark it with idempotency_level in the contract, or call unsafe() if"
            + " repeating it is harmless");
  }

  @Test
  void unaryFailureModeOnAStreamIsRefused() {
    refuses(
        RpcChannel.to("127.0.0.1:1")
            .service(HealthGrpc.getServiceDescriptor())
            .policy(
                "grpc.health.v1.Health/Watch",
                MethodPolicy.builder().failureMode(FailureMode.FAILSAFE).build()),
        "grpc.health.v1.Health/Watch cannot have failureMode FAILSAFE (builder): the method is a"
            + " stream, and this is for unary methods only; take it away there");
  }

  @Test
  void perAttemptTimeoutOnAStreamIsRefused() {
    RetryPolicy timed = RetryPolicy.builder().perAttempt(Duration.ofSeconds(1)).unsafe().build();
    refuses(
        RpcChannel.to("127.0.0.1:1")
            .service(HealthGrpc.getServiceDescriptor())
            .policy("grpc.health.v1.Health/Watch", MethodPolicy.builder().retry(timed).build()),
        "grpc.health.v1.Health/Watch cannot have retry attempts 3, per attempt 1s, on"
            + " [UNAVAILABLE], backoff 25ms x 2.0 up to 1s, unsafe (builder): the method is a"
            + " stream, whose attempts have no time limit of their own; leave perAttempt out, and"
            + " state an idleTimeout");
  }

  @Test
  void perAttemptTimeoutForAllAppliesToUnaryMethods() {
    RetryPolicy timed = RetryPolicy.builder().perAttempt(Duration.ofSeconds(1)).unsafe().build();
    RpcChannel.to("127.0.0.1:1")
        .service(HealthGrpc.getServiceDescriptor())
        .policy("*", MethodPolicy.builder().retry(timed).build())
        .build()
        .close();
  }

  @Test
  void unknownCompressionIsRefused() {
    refuses(
        RpcChannel.to("127.0.0.1:1")
            .service(HealthGrpc.getServiceDescriptor())
            .policy(
                "grpc.health.v1.Health/Check", MethodPolicy.builder().compression("lz77").build()),
        "grpc.health.v1.Health/Check cannot have compression lz77 (builder): no such compressor is"
            + " registered with grpc-java; use gzip or identity, or register it");
  }

  @Test
  void registryTargetWithoutARegistryIsRefused() {
    assertThatThrownBy(() -> RpcChannel.to("etcd:///inventory").build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("etcd:///inventory")
        .hasMessageContaining(".registry(...)");
  }

  @Test
  void aContractsMistakeIsFoundBeforeAnythingIsSent() {
    try (RpcChannel channel = RpcChannel.to("127.0.0.1:1").build()) {
      assertThatThrownBy(
              () ->
                  channel.newCall(
                      ScriptedServer.say(RETRY, false).descriptor(), CallOptions.DEFAULT))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("is not marked idempotent");
    }
  }
}
