package io.fairlead.gateway.internal.proxy;

import com.google.protobuf.DescriptorProtos.MethodOptions.IdempotencyLevel;
import com.google.protobuf.Descriptors;
import com.google.protobuf.Descriptors.FileDescriptor;
import io.grpc.Channel;
import io.grpc.KnownLength;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import io.grpc.protobuf.ProtoMethodDescriptorSupplier;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/** Makes services of which each call goes on to a channel, as bytes. */
final class ForwardedService {
  private ForwardedService() {}

  static ServerServiceDefinition of(
      Descriptors.ServiceDescriptor service,
      Channel backend,
      boolean hashByCaller,
      boolean forwardsCredentials) {
    ServiceDescriptor.Builder descriptor = ServiceDescriptor.newBuilder(service.getFullName());
    var methods = service.getMethods().stream().map(ForwardedService::method).toList();
    methods.forEach(descriptor::addMethod);
    ServerServiceDefinition.Builder definition =
        ServerServiceDefinition.builder(descriptor.build());
    methods.forEach(
        each ->
            definition.addMethod(
                each, new ForwardingHandler(each, backend, hashByCaller, forwardsCredentials)));
    return definition.build();
  }

  private static MethodDescriptor<byte[], byte[]> method(Descriptors.MethodDescriptor schema) {
    IdempotencyLevel level = schema.getOptions().getIdempotencyLevel();
    return MethodDescriptor.<byte[], byte[]>newBuilder(Bytes.INSTANCE, Bytes.INSTANCE)
        .setType(
            schema.isClientStreaming()
                ? schema.isServerStreaming()
                    ? MethodType.BIDI_STREAMING
                    : MethodType.CLIENT_STREAMING
                : schema.isServerStreaming() ? MethodType.SERVER_STREAMING : MethodType.UNARY)
        .setFullMethodName(
            MethodDescriptor.generateFullMethodName(
                schema.getService().getFullName(), schema.getName()))
        .setIdempotent(level != IdempotencyLevel.IDEMPOTENCY_UNKNOWN)
        .setSafe(level == IdempotencyLevel.NO_SIDE_EFFECTS)
        .setSchemaDescriptor(new Schema(schema))
        .build();
  }

  /** Shows the contract to the layers, which read their policies there. */
  private record Schema(Descriptors.MethodDescriptor method)
      implements ProtoMethodDescriptorSupplier {
    @Override
    public Descriptors.MethodDescriptor getMethodDescriptor() {
      return method;
    }

    @Override
    public Descriptors.ServiceDescriptor getServiceDescriptor() {
      return method.getService();
    }

    @Override
    public FileDescriptor getFileDescriptor() {
      return method.getFile();
    }
  }

  /** Messages as they are on the wire. */
  private enum Bytes implements Marshaller<byte[]> {
    INSTANCE;

    @Override
    public InputStream stream(byte[] message) {
      return new Known(message);
    }

    @Override
    public byte[] parse(InputStream stream) {
      try {
        return stream.readAllBytes();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private static final class Known extends ByteArrayInputStream implements KnownLength {
      Known(byte[] message) {
        super(message);
      }
    }
  }
}
