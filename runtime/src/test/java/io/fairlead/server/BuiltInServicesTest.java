package io.fairlead.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.fairlead.contract.EchoRpc;
import io.fairlead.lifecycle.BuiltInService;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.channelz.v1.ChannelzGrpc;
import io.grpc.channelz.v1.GetServersRequest;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.reflection.v1.ServiceResponse;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a server tells about itself, as tools ask for it. */
@Timeout(120)
class BuiltInServicesTest {
  @RegisterExtension final RunningServerExtension running = new RunningServerExtension();

  private ManagedChannel serve(BuiltInService... only) {
    RpcServer.Builder builder =
        RpcServer.builder("echo")
            .host("127.0.0.1")
            .service(EchoRpc.bind(new HoldingHandler(false)));
    return running.channel(
        running.start(only.length == 0 ? builder : builder.builtInServices(only)));
  }

  private static <Q, R> R first(Function<StreamObserver<R>, StreamObserver<Q>> method, Q request)
      throws Exception {
    CompletableFuture<R> first = new CompletableFuture<>();
    StreamObserver<Q> requests =
        method.apply(
            new StreamObserver<>() {
              @Override
              public void onNext(R response) {
                first.complete(response);
              }

              @Override
              public void onError(Throwable failure) {
                first.completeExceptionally(failure);
              }

              @Override
              public void onCompleted() {
                first.completeExceptionally(new AssertionError("ended without an answer"));
              }
            });
    requests.onNext(request);
    requests.onCompleted();
    return first.get(60, TimeUnit.SECONDS);
  }

  @Test
  void reflectionIsThereWithNothingConfiguredAndKnowsTheContract() throws Exception {
    ManagedChannel channel = serve();
    ServerReflectionResponse list =
        first(
            ServerReflectionGrpc.newStub(channel)::serverReflectionInfo,
            ServerReflectionRequest.newBuilder().setListServices("").build());
    assertThat(list.getListServicesResponse().getServiceList())
        .extracting(ServiceResponse::getName)
        .contains("test.v1.Echo", "grpc.health.v1.Health");
    ServerReflectionResponse file =
        first(
            ServerReflectionGrpc.newStub(channel)::serverReflectionInfo,
            ServerReflectionRequest.newBuilder()
                .setFileContainingSymbol("test.v1.Echo.Say")
                .build());
    assertThat(file.getFileDescriptorResponse().getFileDescriptorProtoCount()).isPositive();
  }

  @Test
  @SuppressWarnings("deprecation") // older tools ask for it
  void reflectionV1AlphaIsServedToo() throws Exception {
    io.grpc.reflection.v1alpha.ServerReflectionResponse list =
        first(
            io.grpc.reflection.v1alpha.ServerReflectionGrpc.newStub(serve())::serverReflectionInfo,
            io.grpc.reflection.v1alpha.ServerReflectionRequest.newBuilder()
                .setListServices("")
                .build());
    assertThat(list.getListServicesResponse().getServiceList())
        .extracting(io.grpc.reflection.v1alpha.ServiceResponse::getName)
        .contains("test.v1.Echo");
  }

  @Test
  void channelzIsEnabledByOneSetting() {
    ManagedChannel channel = serve(BuiltInService.HEALTH, BuiltInService.CHANNELZ);
    assertThat(
            ChannelzGrpc.newBlockingStub(channel)
                .getServers(GetServersRequest.getDefaultInstance())
                .getServerList())
        .isNotEmpty();
    assertThat(
            HealthGrpc.newBlockingStub(channel)
                .check(HealthCheckRequest.getDefaultInstance())
                .getStatus())
        .isEqualTo(ServingStatus.SERVING);
  }

  @Test
  void channelzIsOffByDefault() {
    ManagedChannel channel = serve();
    assertThat(
            catchThrowableOfType(
                    StatusRuntimeException.class,
                    () ->
                        ChannelzGrpc.newBlockingStub(channel)
                            .getServers(GetServersRequest.getDefaultInstance()))
                .getStatus()
                .getCode())
        .isEqualTo(Status.Code.UNIMPLEMENTED);
  }
}
