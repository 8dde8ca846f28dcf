package io.fairlead.gateway.internal.proxy;

import com.google.protobuf.ByteString;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.InvalidProtocolBufferException;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.reflection.v1.ServiceResponse;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ClientResponseObserver;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What a backend says of itself. The present version of the protocol is asked first, then the one
 * that older servers have; both have the same messages.
 */
public enum ReflectionSource implements ContractSource {
  INSTANCE;

  private static final long SECONDS = 10;

  private static final MethodDescriptor<ServerReflectionRequest, ServerReflectionResponse> V1 =
      ServerReflectionGrpc.getServerReflectionInfoMethod();

  private static final MethodDescriptor<ServerReflectionRequest, ServerReflectionResponse>
      V1_ALPHA =
          V1.toBuilder()
              .setFullMethodName("grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo")
              .setSchemaDescriptor(null)
              .build();

  /** Services about a server itself. A gateway has its own. */
  private static final Set<String> NOT_FORWARDED =
      Set.of(
          "grpc.health.v1.Health",
          "grpc.reflection.v1.ServerReflection",
          "grpc.reflection.v1alpha.ServerReflection",
          "grpc.channelz.v1.Channelz");

  /** Whether a service is the application's, and not one about its server. */
  static boolean isForwarded(String service) {
    return !NOT_FORWARDED.contains(service);
  }

  @Override
  public CompletionStage<FoundContracts> read(Channel backend) {
    return new Conversation()
        .start(backend, V1)
        .exceptionallyCompose(
            failure ->
                Status.fromThrowable(failure).getCode() == Status.Code.UNIMPLEMENTED
                    ? new Conversation().start(backend, V1_ALPHA)
                    : CompletableFuture.failedFuture(failure))
        .exceptionallyCompose(
            failure -> CompletableFuture.failedFuture(explained(Status.fromThrowable(failure))));
  }

  private static Exception explained(Status status) {
    return new IllegalStateException(
        status.getCode() == Status.Code.UNIMPLEMENTED
            ? "the server has no reflection; turn it on there, or give a descriptor set"
            : "reflection failed with " + status.getCode() + ": " + status.getDescription());
  }

  @Override
  public String toString() {
    return "reflection";
  }

  /** One stream of questions and answers. Its callbacks come one at a time. */
  private static final class Conversation
      implements ClientResponseObserver<ServerReflectionRequest, ServerReflectionResponse> {
    private final CompletableFuture<FoundContracts> result = new CompletableFuture<>();
    private final Set<String> services = new HashSet<>();
    private final Map<String, FileDescriptorProto> files = new LinkedHashMap<>();
    private final Set<String> asked = new HashSet<>();
    private @Nullable ClientCallStreamObserver<ServerReflectionRequest> requests;
    private int open;

    CompletionStage<FoundContracts> start(
        Channel backend,
        MethodDescriptor<ServerReflectionRequest, ServerReflectionResponse> method) {
      var unused =
          ClientCalls.asyncBidiStreamingCall(
              backend.newCall(
                  method, CallOptions.DEFAULT.withDeadlineAfter(SECONDS, TimeUnit.SECONDS)),
              this);
      return result;
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<ServerReflectionRequest> given) {
      requests = given;
      given.setOnReadyHandler(
          () -> {
            if (asked.add("")) {
              ask(ServerReflectionRequest.newBuilder().setListServices("*"));
            }
          });
    }

    private void ask(ServerReflectionRequest.Builder question) {
      open++;
      if (requests != null) {
        requests.onNext(question.build());
      }
    }

    @Override
    public void onNext(ServerReflectionResponse response) {
      open--;
      switch (response.getMessageResponseCase()) {
        case LIST_SERVICES_RESPONSE ->
            response.getListServicesResponse().getServiceList().stream()
                .map(ServiceResponse::getName)
                .filter(ReflectionSource::isForwarded)
                .filter(services::add)
                .forEach(
                    name ->
                        ask(ServerReflectionRequest.newBuilder().setFileContainingSymbol(name)));
        case FILE_DESCRIPTOR_RESPONSE ->
            response.getFileDescriptorResponse().getFileDescriptorProtoList().forEach(this::add);
        case ERROR_RESPONSE -> {
          // An import that a server does not have is missed only by a contract that needs it.
          if (response.getOriginalRequest().hasFileContainingSymbol()) {
            fail(
                Status.NOT_FOUND.withDescription(
                    response.getOriginalRequest().getFileContainingSymbol()
                        + ": "
                        + response.getErrorResponse().getErrorMessage()));
          }
        }
        default -> fail(Status.INTERNAL.withDescription("an answer of an unknown kind"));
      }
      if (open == 0 && requests != null) {
        requests.onCompleted();
      }
    }

    private void add(ByteString bytes) {
      try {
        FileDescriptorProto file = FileDescriptorProto.parseFrom(bytes);
        if (files.putIfAbsent(file.getName(), file) == null) {
          asked.add(file.getName());
          file.getDependencyList().stream()
              .filter(asked::add)
              .forEach(each -> ask(ServerReflectionRequest.newBuilder().setFileByFilename(each)));
        }
      } catch (InvalidProtocolBufferException e) {
        fail(Status.INTERNAL.withDescription("a file that cannot be read: " + e.getMessage()));
      }
    }

    private void fail(Status status) {
      if (result.completeExceptionally(status.asRuntimeException()) && requests != null) {
        requests.cancel("the contracts cannot be read", null);
      }
    }

    @Override
    public void onError(Throwable failure) {
      result.completeExceptionally(failure);
    }

    @Override
    public void onCompleted() {
      if (open > 0 || asked.isEmpty()) {
        fail(Status.INTERNAL.withDescription("the stream ended before its answers"));
      }
      result.complete(new FoundContracts(services, files));
    }
  }
}
