package io.fairlead.registry.etcd;

import com.google.protobuf.Empty;
import io.fairlead.discovery.Registry;
import io.fairlead.server.RpcServer;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.MethodDescriptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** The least of a service, with a server and calls. */
final class Ping {
  private static final MethodDescriptor<Empty, Empty> METHOD =
      MethodDescriptor.<Empty, Empty>newBuilder()
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName("test.Ping/Ping")
          .setRequestMarshaller(ProtoUtils.marshaller(Empty.getDefaultInstance()))
          .setResponseMarshaller(ProtoUtils.marshaller(Empty.getDefaultInstance()))
          .build();

  private Ping() {}

  /** A server of the service "shop". */
  static RpcServer server(Registry registry, String id) {
    return RpcServer.builder("shop")
        .service(service())
        .host("127.0.0.1")
        .id(id)
        .registry(registry)
        .timeouts(timeouts -> timeouts.deregistrationDelay(Duration.ZERO))
        .start();
  }

  /** Calls, and fails at once if there is nobody to call. */
  static void call(Channel channel) {
    Empty unused =
        ClientCalls.blockingUnaryCall(
            channel,
            METHOD,
            CallOptions.DEFAULT.withDeadlineAfter(1, TimeUnit.MINUTES),
            Empty.getDefaultInstance());
  }

  /** Calls, and waits until there is somebody. */
  static CompletableFuture<Empty> callWhenReady(Channel channel) {
    CompletableFuture<Empty> answer = new CompletableFuture<>();
    ClientCalls.asyncUnaryCall(
        channel.newCall(
            METHOD, CallOptions.DEFAULT.withWaitForReady().withDeadlineAfter(1, TimeUnit.MINUTES)),
        Empty.getDefaultInstance(),
        new StreamObserver<>() {
          @Override
          public void onNext(Empty value) {
            answer.complete(value);
          }

          @Override
          public void onError(Throwable thrown) {
            answer.completeExceptionally(thrown);
          }

          @Override
          public void onCompleted() {}
        });
    return answer;
  }

  static ServerServiceDefinition service() {
    return ServerServiceDefinition.builder("test.Ping")
        .addMethod(
            METHOD,
            ServerCalls.asyncUnaryCall(
                (request, reply) -> {
                  reply.onNext(request);
                  reply.onCompleted();
                }))
        .build();
  }
}
