package io.fairlead.samples.aiplatform.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import com.google.rpc.BadRequest;
import io.fairlead.RpcException;
import io.fairlead.client.RpcChannel;
import io.fairlead.samples.aiplatform.api.inference.GRPCInferenceService;
import io.fairlead.samples.aiplatform.api.inference.GRPCInferenceServiceAsync;
import io.fairlead.samples.aiplatform.api.inference.GRPCInferenceServiceRpc;
import io.fairlead.samples.aiplatform.api.inference.InferTensorContents;
import io.fairlead.samples.aiplatform.api.inference.ModelInferRequest;
import io.fairlead.samples.aiplatform.api.inference.ModelInferResponse;
import io.fairlead.samples.aiplatform.api.inference.ModelMetadataRequest;
import io.fairlead.samples.aiplatform.api.inference.ModelMetadataResponse;
import io.fairlead.samples.aiplatform.common.Inference;
import io.fairlead.server.RpcServer;
import io.grpc.Status;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class InferenceServiceTest {
  private static final List<float[]> ROWS = List.of(new float[] {1, 2}, new float[] {3, 4});

  /** Batches wait for this, so that a test decides when the model has time. */
  private final CountDownLatch mayRun = new CountDownLatch(1);

  private final CountDownLatch running = new CountDownLatch(1);

  /** Released by each ModelInfer that has ended at the server. */
  private final Semaphore ended = new Semaphore(0);

  private final Batcher batcher =
      new Batcher(
          rows -> {
            running.countDown();
            mayRun.await();
            return rows;
          },
          new BatchQueue(8, Duration.ZERO, 100, Duration.ofSeconds(10)));
  private final RpcServer server =
      RpcServer.builder("models")
          .port(0)
          .service(
              GRPCInferenceServiceRpc.bindAsync(
                  new InferenceService("model-1", "cpu", "echo", "3", 2, 2, batcher)))
          .observer(
              outcome -> {
                if (outcome.method().endsWith("/ModelInfer")) {
                  ended.release();
                }
              })
          .start();
  private final RpcChannel channel =
      RpcChannel.to("127.0.0.1:" + server.port())
          .service(GRPCInferenceServiceRpc.service())
          .build();
  private final GRPCInferenceService client = GRPCInferenceServiceRpc.client(channel);

  @AfterEach
  void stop() {
    mayRun.countDown();
    channel.close();
    server.close();
    batcher.close();
  }

  private RpcException refusal(Consumer<ModelInferRequest.Builder> change) {
    ModelInferRequest.Builder request = Inference.request("echo", "7", ROWS).toBuilder();
    change.accept(request);
    RpcException failure =
        catchThrowableOfType(RpcException.class, () -> client.modelInfer(request.build()));
    assertThat(failure).isNotNull();
    return failure;
  }

  private void assertField(String field, Consumer<ModelInferRequest.Builder> change) {
    RpcException failure = refusal(change);
    assertThat(failure.code()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(failure.detail(BadRequest.class).orElseThrow().getFieldViolations(0).getField())
        .isEqualTo(field);
  }

  @Test
  void rawValuesAreAnsweredRawAndNumbersWithNumbers() {
    mayRun.countDown();
    ModelInferRequest raw = Inference.request("echo", "7", ROWS);
    ModelInferResponse response = client.modelInfer(raw);
    assertThat(Inference.probabilities(response)).containsExactly(1, 2, 3, 4);
    assertThat(response.getOutputs(0).getShapeList()).containsExactly(2L, 2L);
    assertThat(response.getOutputs(0).hasContents()).isFalse();
    assertThat(response.getId()).isEqualTo("7");
    assertThat(response.getModelVersion()).isEqualTo("3");
    assertThat(Inference.servedBy(response)).isEqualTo("model-1");

    ModelInferRequest.Builder numbers = raw.toBuilder().clearRawInputContents();
    numbers
        .getInputsBuilder(0)
        .setContents(InferTensorContents.newBuilder().addAllFp32Contents(List.of(1f, 2f, 3f, 4f)));
    ModelInferResponse other = client.modelInfer(numbers.build());
    assertThat(other.getRawOutputContentsCount()).isZero();
    assertThat(other.getOutputs(0).getContents().getFp32ContentsList())
        .containsExactly(1f, 2f, 3f, 4f);
  }

  @Test
  void whatCannotBeRunIsRefusedWithItsField() {
    mayRun.countDown();
    assertThat(refusal(request -> request.setModelName("other")).code())
        .isEqualTo(Status.Code.NOT_FOUND);
    assertThat(refusal(request -> request.setModelVersion("9")).code())
        .isEqualTo(Status.Code.NOT_FOUND);
    assertField("inputs", request -> request.getInputsBuilder(0).setName("pixels"));
    assertField("inputs[0].datatype", request -> request.getInputsBuilder(0).setDatatype("INT8"));
    assertField("inputs[0].shape", request -> request.getInputsBuilder(0).setShape(1, 5));
    assertField("inputs[0].shape", request -> request.getInputsBuilder(0).setShape(0, 0));
    assertField("inputs[0].contents", request -> request.getInputsBuilder(0).setShape(0, 3));
    assertField(
        "inputs[0].contents",
        request -> request.getInputsBuilder(0).setShape(0, Long.MAX_VALUE / 2 + 1));
    assertField(
        "raw_input_contents",
        request -> request.setRawInputContents(0, ByteString.copyFrom(new byte[7])));
    assertField(
        "raw_input_contents",
        request -> request.addRawInputContents(ByteString.copyFrom(new byte[16])));
  }

  @Test
  void aRequestWhoseCallerLeftIsNotRun() throws Exception {
    GRPCInferenceServiceAsync async = GRPCInferenceServiceRpc.asyncClient(channel);
    ModelInferRequest request = Inference.request("echo", "7", ROWS);
    CompletableFuture<ModelInferResponse> first = async.modelInfer(request).toCompletableFuture();
    running.await();
    CompletableFuture<ModelInferResponse> second = async.modelInfer(request).toCompletableFuture();
    while (property("waiting") == 0) {
      Thread.onSpinWait();
    }
    assertThat(second.cancel(true)).isTrue();
    ended.acquire();
    // A call on the same connection comes after all that the end of the other one does.
    assertThat(property("waiting")).isEqualTo(1);
    mayRun.countDown();
    assertThat(Inference.probabilities(first.join())).hasSize(4);
    assertThat(Inference.probabilities(client.modelInfer(request))).hasSize(4);
    assertThat(property("rows")).isEqualTo(4);
    assertThat(property("batches")).isEqualTo(2);
    assertThat(property("dropped_cancelled")).isEqualTo(1);
  }

  private long property(String name) {
    ModelMetadataResponse metadata =
        client.modelMetadata(ModelMetadataRequest.newBuilder().setName("echo").build());
    assertThat(metadata.getInputs(0).getShapeList()).containsExactly(-1L, 2L);
    return Long.parseLong(metadata.getPropertiesOrThrow(name));
  }
}
