package io.fairlead.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.InvalidProtocolBufferException;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReflectionTest {
  @RegisterExtension final RunningServerExtension running = new RunningServerExtension();

  private Channel channel() {
    RpcServer server =
        running.start(RpcServer.builder("echo").service(EchoMethod.serving(text -> text)));
    return running.channel(server);
  }

  @ParameterizedTest
  @ValueSource(strings = {"v1", "v1alpha"})
  void aTypeOfErrorDetailsIsKnownWithAllThatItsFileImports(String version) throws Exception {
    ServerReflectionResponse response =
        ask(version, symbol("google.rpc.BadRequest.FieldViolation"));
    assertThat(files(response))
        .containsExactly("google/rpc/error_details.proto", "google/protobuf/duration.proto");
    assertThat(response.getOriginalRequest().getFileContainingSymbol())
        .isEqualTo("google.rpc.BadRequest.FieldViolation");
  }

  @ParameterizedTest
  @ValueSource(strings = {"v1", "v1alpha"})
  void theFileIsKnownByItsName(String version) throws Exception {
    ServerReflectionRequest request =
        ServerReflectionRequest.newBuilder()
            .setFileByFilename("google/rpc/error_details.proto")
            .build();
    assertThat(files(ask(version, request))).contains("google/rpc/error_details.proto");
  }

  @ParameterizedTest
  @ValueSource(strings = {"v1", "v1alpha"})
  void whatNobodyKnowsIsStillNotFound(String version) throws Exception {
    ServerReflectionResponse response = ask(version, symbol("google.rpc.Nothing"));
    assertThat(response.getErrorResponse().getErrorCode()).isEqualTo(Status.Code.NOT_FOUND.value());
  }

  @ParameterizedTest
  @ValueSource(strings = {"v1", "v1alpha"})
  void otherAnswersPassAsTheyAre(String version) throws Exception {
    ServerReflectionResponse response = ask(version, symbol("grpc.health.v1.Health"));
    assertThat(files(response)).contains("grpc/health/v1/health.proto");
    assertThat(files(response)).doesNotContain("google/rpc/error_details.proto");
  }

  @ParameterizedTest
  @ValueSource(strings = {"v1", "v1alpha"})
  void fieldsHaveTheJsonNamesThatToolsPrint(String version) throws Exception {
    for (String symbol : List.of("grpc.health.v1.Health", "google.rpc.ErrorInfo")) {
      ServerReflectionResponse response = ask(version, symbol(symbol));
      for (ByteString bytes : response.getFileDescriptorResponse().getFileDescriptorProtoList()) {
        FileDescriptorProto file = FileDescriptorProto.parseFrom(bytes);
        for (DescriptorProto message : file.getMessageTypeList()) {
          for (FieldDescriptorProto field : message.getFieldList()) {
            assertThat(field.getJsonName())
                .as("%s of %s", field.getName(), message.getName())
                .isNotEmpty()
                .isEqualToIgnoringCase(field.getName().replace("_", ""));
          }
        }
      }
    }
    assertThat(ask(version, symbol("google.rpc.QuotaFailure")).toString())
        .contains("quota_metric", "quotaMetric");
  }

  private static ServerReflectionRequest symbol(String name) {
    return ServerReflectionRequest.newBuilder().setFileContainingSymbol(name).build();
  }

  /** Both versions are the same on the wire. */
  private ServerReflectionResponse ask(String version, ServerReflectionRequest request)
      throws Exception {
    MethodDescriptor<ServerReflectionRequest, ServerReflectionResponse> method =
        ServerReflectionGrpc.getServerReflectionInfoMethod().toBuilder()
            .setFullMethodName(
                "grpc.reflection." + version + ".ServerReflection/ServerReflectionInfo")
            .build();
    CompletableFuture<ServerReflectionResponse> answer = new CompletableFuture<>();
    StreamObserver<ServerReflectionRequest> requests =
        ClientCalls.asyncBidiStreamingCall(
            channel().newCall(method, CallOptions.DEFAULT),
            new StreamObserver<>() {
              @Override
              public void onNext(ServerReflectionResponse response) {
                answer.complete(response);
              }

              @Override
              public void onError(Throwable failure) {
                answer.completeExceptionally(failure);
              }

              @Override
              public void onCompleted() {
                answer.completeExceptionally(new AssertionError("no answer"));
              }
            });
    requests.onNext(request);
    requests.onCompleted();
    return answer.get(30, TimeUnit.SECONDS);
  }

  private static List<String> files(ServerReflectionResponse response)
      throws InvalidProtocolBufferException {
    List<String> names = new ArrayList<>();
    for (ByteString file : response.getFileDescriptorResponse().getFileDescriptorProtoList()) {
      names.add(FileDescriptorProto.parseFrom(file).getName());
    }
    return names;
  }
}
