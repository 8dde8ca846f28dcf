package io.fairlead.client.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fairlead.client.RpcChannel;
import io.fairlead.internal.executor.EventLoops;
import io.fairlead.observe.CallExplanation;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.policy.PolicyField;
import io.fairlead.policy.ResolvedPolicy;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors;
import io.grpc.InsecureServerCredentials;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.stub.StreamObserver;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Stubs that protoc-gen-grpc-java wrote, over the whole runtime. */
class StockStubsTest {
  private static final HealthCheckRequest KNOWN = HealthCheckRequest.getDefaultInstance();
  private static final HealthCheckRequest UNKNOWN =
      HealthCheckRequest.newBuilder().setService("nobody").build();

  private Server server;
  private RpcChannel channel;

  @BeforeEach
  void open() throws Exception {
    server =
        NettyServerBuilder.forAddress(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                InsecureServerCredentials.create())
            .addService(new HealthStatusManager().getHealthService())
            .build()
            .start();
    channel =
        RpcChannel.to("127.0.0.1:" + server.getPort())
            .service(HealthGrpc.getServiceDescriptor())
            .policy(
                "grpc.health.v1.Health/Check",
                MethodPolicy.builder().deadline(Duration.ofSeconds(20)).build())
            // One test leaves a stream open.
            .shutdownGracePeriod(Duration.ZERO)
            .build();
  }

  @AfterEach
  void close() throws Exception {
    channel.close();
    server.shutdownNow();
    assertThat(server.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void blockingStubCallsTheServer() {
    HealthGrpc.HealthBlockingStub stub = HealthGrpc.newBlockingStub(channel);
    assertThat(stub.check(KNOWN).getStatus()).isEqualTo(ServingStatus.SERVING);
    assertThat(stub.watch(KNOWN).next().getStatus()).isEqualTo(ServingStatus.SERVING);
    assertThatThrownBy(() -> stub.check(UNKNOWN)).isInstanceOf(StatusRuntimeException.class);
  }

  @Test
  void blockingV2StubCallsTheServer() throws Exception {
    HealthGrpc.HealthBlockingV2Stub stub = HealthGrpc.newBlockingV2Stub(channel);
    assertThat(stub.check(KNOWN).getStatus()).isEqualTo(ServingStatus.SERVING);
    assertThatThrownBy(() -> stub.check(UNKNOWN)).isInstanceOf(StatusException.class);
  }

  @Test
  void futureStubCallsTheServer() throws Exception {
    assertThat(HealthGrpc.newFutureStub(channel).check(KNOWN).get(60, TimeUnit.SECONDS).getStatus())
        .isEqualTo(ServingStatus.SERVING);
  }

  @Test
  void asyncCallbacksStayOffTheEventLoops() throws Exception {
    CompletableFuture<Boolean> onLoop = new CompletableFuture<>();
    HealthGrpc.newStub(channel)
        .check(
            KNOWN,
            new StreamObserver<HealthCheckResponse>() {
              @Override
              public void onNext(HealthCheckResponse value) {
                onLoop.complete(EventLoops.onEventLoop());
              }

              @Override
              public void onError(Throwable t) {
                onLoop.completeExceptionally(t);
              }

              @Override
              public void onCompleted() {}
            });
    assertThat(onLoop.get(60, TimeUnit.SECONDS)).isFalse();
  }

  @Test
  void anInterceptedChannelKeepsThePoliciesAndFailuresExplainThemselves() {
    ClientInterceptor nothing =
        new ClientInterceptor() {
          @Override
          public <Q, R> ClientCall<Q, R> interceptCall(
              MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
            return next.newCall(method, options);
          }
        };
    Channel intercepted = ClientInterceptors.intercept(channel, nothing);
    assertThatThrownBy(() -> HealthGrpc.newBlockingStub(intercepted).check(UNKNOWN))
        .hasMessage("NOT_FOUND: unknown service nobody")
        .satisfies(
            e -> {
              CallExplanation explanation = CallExplanation.of(e).orElseThrow();
              assertThat(explanation.local()).isFalse();
              assertThat(explanation.outcome().policy().origin(PolicyField.DEADLINE))
                  .isEqualTo(ResolvedPolicy.Origin.BUILDER);
              assertThat(explanation.text()).contains("deadline 20s (builder)");
            });
  }
}
