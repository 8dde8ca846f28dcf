package io.fairlead.contract;

import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.MethodDescriptorProto;
import com.google.protobuf.DescriptorProtos.ServiceDescriptorProto;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Int64Value;
import com.google.protobuf.StringValue;
import com.google.protobuf.WrappersProto;
import io.fairlead.CallContext;
import io.fairlead.Source;
import io.fairlead.contract.client.AsyncClientCalls;
import io.fairlead.contract.client.ClientCalls;
import io.fairlead.contract.server.ServiceBinding;
import io.grpc.Channel;
import io.grpc.ServerServiceDefinition;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.function.Function;

/** Contracts, client and bindings of {@code test.v1.Echo}. */
public final class EchoRpc {
  public static final String SERVICE_NAME = "test.v1.Echo";

  static {
    RuntimeApi.require(RuntimeApi.LEVEL);
  }

  public static final MethodContract<StringValue, StringValue> SAY =
      MethodContract.unary(
              SERVICE_NAME,
              "Say",
              StringValue.getDefaultInstance(),
              StringValue.getDefaultInstance())
          .idempotent()
          .hashKey(request -> request.getValue())
          .schema(EchoRpc::file)
          .build();

  public static final MethodContract<Int64Value, Int64Value> COUNT =
      MethodContract.serverStreaming(
              SERVICE_NAME,
              "Count",
              Int64Value.getDefaultInstance(),
              Int64Value.getDefaultInstance())
          .noSideEffects()
          .schema(EchoRpc::file)
          .build();

  public static final MethodContract<Int64Value, Int64Value> SUM =
      MethodContract.clientStreaming(
              SERVICE_NAME, "Sum", Int64Value.getDefaultInstance(), Int64Value.getDefaultInstance())
          .schema(EchoRpc::file)
          .build();

  public static final MethodContract<StringValue, StringValue> CHAT =
      MethodContract.bidiStreaming(
              SERVICE_NAME,
              "Chat",
              StringValue.getDefaultInstance(),
              StringValue.getDefaultInstance())
          .schema(EchoRpc::file)
          .build();

  private EchoRpc() {}

  public static ServiceContract service() {
    return ServiceContract.of(SERVICE_NAME, EchoRpc::file, SAY, COUNT, SUM, CHAT);
  }

  public static Echo client(Channel channel) {
    return new Client(ClientCalls.over(channel));
  }

  public static EchoAsync asyncClient(Channel channel) {
    return new AsyncClient(AsyncClientCalls.over(channel));
  }

  public static ServerServiceDefinition bind(Echo handler) {
    return bind(call -> handler);
  }

  public static ServerServiceDefinition bind(Function<CallContext, Echo> handler) {
    return ServiceBinding.blocking(service(), handler)
        .unary(SAY, Echo::say)
        .serverStreaming(COUNT, Echo::count)
        .clientStreaming(SUM, Echo::sum)
        .bidiStreaming(CHAT, Echo::chat)
        .build();
  }

  public static ServerServiceDefinition bindAsync(EchoAsync handler) {
    return bindAsync(call -> handler);
  }

  public static ServerServiceDefinition bindAsync(Function<CallContext, EchoAsync> handler) {
    return ServiceBinding.async(service(), handler)
        .unary(SAY, EchoAsync::say)
        .serverStreaming(COUNT, EchoAsync::count)
        .clientStreaming(SUM, EchoAsync::sum)
        .bidiStreaming(CHAT, EchoAsync::chat)
        .build();
  }

  private static FileDescriptor file() {
    return Schema.FILE;
  }

  private record Client(ClientCalls calls) implements Echo {
    @Override
    public StringValue say(StringValue request) {
      return calls.unary(SAY, request);
    }

    @Override
    public Source<Int64Value> count(Int64Value request) {
      return calls.serverStreaming(COUNT, request);
    }

    @Override
    public Int64Value sum(Source<Int64Value> requests) {
      return calls.clientStreaming(SUM, requests);
    }

    @Override
    public Source<StringValue> chat(Source<StringValue> requests) {
      return calls.bidiStreaming(CHAT, requests);
    }
  }

  private record AsyncClient(AsyncClientCalls calls) implements EchoAsync {
    @Override
    public CompletionStage<StringValue> say(StringValue request) {
      return calls.unary(SAY, request);
    }

    @Override
    public Flow.Publisher<Int64Value> count(Int64Value request) {
      return calls.serverStreaming(COUNT, request);
    }

    @Override
    public CompletionStage<Int64Value> sum(Flow.Publisher<Int64Value> requests) {
      return calls.clientStreaming(SUM, requests);
    }

    @Override
    public Flow.Publisher<StringValue> chat(Flow.Publisher<StringValue> requests) {
      return calls.bidiStreaming(CHAT, requests);
    }
  }

  private static final class Schema {
    static final FileDescriptor FILE = build();

    private static FileDescriptor build() {
      ServiceDescriptorProto service =
          ServiceDescriptorProto.newBuilder()
              .setName("Echo")
              .addMethod(method("Say", "StringValue", false, false))
              .addMethod(method("Count", "Int64Value", false, true))
              .addMethod(method("Sum", "Int64Value", true, false))
              .addMethod(method("Chat", "StringValue", true, true))
              .build();
      FileDescriptorProto file =
          FileDescriptorProto.newBuilder()
              .setName("test/v1/echo.proto")
              .setPackage("test.v1")
              .setSyntax("proto3")
              .addDependency("google/protobuf/wrappers.proto")
              .addService(service)
              .build();
      try {
        return FileDescriptor.buildFrom(file, new FileDescriptor[] {WrappersProto.getDescriptor()});
      } catch (DescriptorValidationException e) {
        throw new IllegalStateException("the schema of the fixture is wrong", e);
      }
    }

    private static MethodDescriptorProto.Builder method(
        String name, String type, boolean clientStreams, boolean serverStreams) {
      return MethodDescriptorProto.newBuilder()
          .setName(name)
          .setInputType(".google.protobuf." + type)
          .setOutputType(".google.protobuf." + type)
          .setClientStreaming(clientStreams)
          .setServerStreaming(serverStreams);
    }
  }
}
