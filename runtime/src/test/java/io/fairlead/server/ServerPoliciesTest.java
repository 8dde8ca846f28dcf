package io.fairlead.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.StringValue;
import io.fairlead.CallSettings;
import io.fairlead.ResponseCapture;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.policy.Priority;
import io.grpc.CallOptions;
import io.grpc.Codec;
import io.grpc.DecompressorRegistry;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Policies that a server's builder states, by name, for services that we did not generate. */
@Timeout(60)
class ServerPoliciesTest {
  private static final Metadata.Key<String> PUSHBACK =
      Metadata.Key.of("grpc-retry-pushback-ms", Metadata.ASCII_STRING_MARSHALLER);

  private static final MethodDescriptor<StringValue, StringValue> SAY =
      MethodDescriptor.<StringValue, StringValue>newBuilder()
          .setType(MethodType.UNARY)
          .setFullMethodName("test.Stock/Say")
          .setRequestMarshaller(ProtoUtils.marshaller(StringValue.getDefaultInstance()))
          .setResponseMarshaller(ProtoUtils.marshaller(StringValue.getDefaultInstance()))
          .build();

  @RegisterExtension final RunningServerExtension running = new RunningServerExtension();

  @Test
  void aSizeForAStockMethodHolds() {
    RpcServer server =
        running.start(
            stock().policy("test.Stock/Say", MethodPolicy.builder().maxRequestBytes(10).build()));
    assertThat(say(server, "small")).isEqualTo("small");
    StatusRuntimeException refused =
        catchThrowableOfType(StatusRuntimeException.class, () -> say(server, "x".repeat(100)));
    assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertThat(refused.getStatus().getDescription())
        .isEqualTo("a request of 102 bytes is above the 10 that test.Stock/Say allows");
  }

  @Test
  void responsesAreCompressedForAClientThatReadsIt() {
    RpcServer server =
        running.start(stock().policy("*", MethodPolicy.builder().compression("gzip").build()));
    assertThat(encodingOfResponse(server, DecompressorRegistry.getDefaultInstance()))
        .isEqualTo("gzip");
    DecompressorRegistry none = DecompressorRegistry.emptyInstance();
    assertThat(encodingOfResponse(server, none.with(Codec.Identity.NONE, true)))
        .isEqualTo("identity");
  }

  /** Asks without compression of its own. */
  private static @Nullable String encodingOfResponse(
      RpcServer server, DecompressorRegistry accepted) {
    ManagedChannel channel =
        NettyChannelBuilder.forAddress("127.0.0.1", server.port())
            .usePlaintext()
            .decompressorRegistry(accepted)
            .build();
    try {
      ResponseCapture capture = new ResponseCapture();
      StringValue answer =
          ClientCalls.blockingUnaryCall(
              CallSettings.builder().capture(capture).build().over(channel),
              SAY,
              CallOptions.DEFAULT,
              StringValue.of("x"));
      assertThat(answer.getValue()).isEqualTo("x");
      Metadata headers = Objects.requireNonNull(capture.headers());
      return headers.get(Metadata.Key.of("grpc-encoding", Metadata.ASCII_STRING_MARSHALLER));
    } finally {
      channel.shutdownNow();
    }
  }

  @Test
  void aServicesPolicyHoldsForItsMethods() {
    RpcServer server =
        running.start(
            stock()
                .policy("test.Stock", MethodPolicy.builder().priority(Priority.CRITICAL).build())
                .limits(limits -> limits.maxConcurrentCalls(10)));
    assertThat(server.toString()).contains("test.Stock/Say").contains("admission(CRITICAL");
  }

  @Test
  void aPolicyForAllLeavesTheServersOwnServicesAlone() {
    RpcServer server =
        running.start(stock().policy("*", MethodPolicy.builder().maxResponseBytes(10).build()));
    assertThat(server.toString().lines())
        .filteredOn(line -> line.contains("sizes("))
        .singleElement()
        .asString()
        .startsWith("test.Stock/Say");
  }

  @Test
  void itsTextNamesStockHandlersPlainly() {
    assertThat(running.start(stock()).toString())
        .containsPattern("test.Stock/Say: .*offload to a thread that may block -> stock handler\n")
        .containsPattern("grpc.health.v1.Health/Check: .* -> stock handler\n")
        .doesNotContain("io.grpc.", "@");
  }

  @Test
  void scopesNeedAnAuthorizer() {
    RpcServer.Builder builder =
        stock().policy("test.Stock/Say", MethodPolicy.builder().authScopes("say").build());
    assertThatThrownBy(builder::start)
        .hasMessage(
            "the policy of test.Stock/Say asks for the scopes [say], and nobody checks them; give"
                + " the server an authorizer(...)");
  }

  @Test
  void anUnknownMethodNamesWhatIsServed() {
    RpcServer.Builder builder =
        stock().policy("test.Stock/Sey", MethodPolicy.builder().maxRequestBytes(1).build());
    assertThatThrownBy(builder::start)
        .hasMessage(
            "a policy is given for test.Stock/Sey, which this server does not serve; it serves"
                + " test.Stock, test.Stock/Say");
  }

  @Test
  void whatOnlyAChannelHonoursIsRefused() {
    RpcServer.Builder builder =
        stock()
            .policy(
                "test.Stock/Say", MethodPolicy.builder().deadline(Duration.ofSeconds(1)).build());
    assertThatThrownBy(builder::start)
        .hasMessage(
            "the policy given to the server for test.Stock/Say states deadline, which only a"
                + " channel honours; take it out, or say it in the contract or to the channel (a"
                + " server takes idleTimeout, maxRequestBytes, maxResponseBytes, compression,"
                + " authScopes, publicAccess, priority)");
  }

  @Test
  void anIdleTimeoutIsForStreams() {
    RpcServer.Builder builder =
        stock()
            .policy(
                "test.Stock/Say",
                MethodPolicy.builder().idleTimeout(Duration.ofSeconds(1)).build());
    assertThatThrownBy(builder::start)
        .hasMessage(
            "the policy given to the server for test.Stock/Say states idleTimeout, which is for"
                + " streams, and the method is unary; take it out");
  }

  @Test
  void aLimitForAStockMethodSheds() throws Exception {
    HoldingHandler holding = new HoldingHandler(false);
    RpcServer server =
        running.start(
            RpcServer.builder("stock")
                .host("127.0.0.1")
                .service(definition(holding))
                .limits(limits -> limits.maxConcurrentCallsOf("test.Stock/Say", 1)));
    Thread first = new Thread(() -> assertThat(say(server, "hold")).isEqualTo("hold"));
    first.start();
    holding.awaitHeld(1);
    StatusRuntimeException refused =
        catchThrowableOfType(StatusRuntimeException.class, () -> say(server, "x"));
    assertThat(refused.getStatus().getDescription())
        .isEqualTo("test.Stock/Say has 1 call in flight, its limit");
    assertThat(refused.getTrailers()).isNotNull();
    assertThat(refused.getTrailers().get(PUSHBACK)).isNotNull();
    holding.letGo();
    first.join();
  }

  private static RpcServer.Builder stock() {
    return RpcServer.builder("stock")
        .host("127.0.0.1")
        .service(
            definition(
                new io.fairlead.contract.Echo() {
                  @Override
                  public StringValue say(StringValue request) {
                    return request;
                  }
                }));
  }

  private static ServerServiceDefinition definition(io.fairlead.contract.Echo handler) {
    return ServerServiceDefinition.builder("test.Stock")
        .addMethod(
            SAY,
            ServerCalls.asyncUnaryCall(
                (request, out) -> {
                  out.onNext(handler.say(request));
                  out.onCompleted();
                }))
        .build();
  }

  private String say(RpcServer server, String text) {
    return ClientCalls.blockingUnaryCall(
            running.channel(server), SAY, CallOptions.DEFAULT, StringValue.of(text))
        .getValue();
  }
}
