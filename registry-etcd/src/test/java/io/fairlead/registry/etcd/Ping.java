package io.fairlead.registry.etcd;

import com.google.protobuf.Empty;
import io.grpc.MethodDescriptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.ServerCalls;

/** A service for servers that must have one. */
final class Ping {
  private static final MethodDescriptor<Empty, Empty> METHOD =
      MethodDescriptor.<Empty, Empty>newBuilder()
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName("test.Ping/Ping")
          .setRequestMarshaller(ProtoUtils.marshaller(Empty.getDefaultInstance()))
          .setResponseMarshaller(ProtoUtils.marshaller(Empty.getDefaultInstance()))
          .build();

  private Ping() {}

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
