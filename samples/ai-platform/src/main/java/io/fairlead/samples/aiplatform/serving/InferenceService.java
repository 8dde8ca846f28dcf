package io.fairlead.samples.aiplatform.serving;

import com.google.protobuf.ByteString;
import com.google.rpc.BadRequest;
import io.fairlead.CallContext;
import io.fairlead.RpcException;
import io.fairlead.samples.aiplatform.api.inference.GRPCInferenceServiceAsync;
import io.fairlead.samples.aiplatform.api.inference.InferParameter;
import io.fairlead.samples.aiplatform.api.inference.InferTensorContents;
import io.fairlead.samples.aiplatform.api.inference.ModelInferRequest;
import io.fairlead.samples.aiplatform.api.inference.ModelInferRequest.InferInputTensor;
import io.fairlead.samples.aiplatform.api.inference.ModelInferResponse;
import io.fairlead.samples.aiplatform.api.inference.ModelInferResponse.InferOutputTensor;
import io.fairlead.samples.aiplatform.api.inference.ModelMetadataRequest;
import io.fairlead.samples.aiplatform.api.inference.ModelMetadataResponse;
import io.fairlead.samples.aiplatform.api.inference.ModelMetadataResponse.TensorMetadata;
import io.fairlead.samples.aiplatform.api.inference.ModelReadyRequest;
import io.fairlead.samples.aiplatform.api.inference.ModelReadyResponse;
import io.fairlead.samples.aiplatform.api.inference.ServerLiveRequest;
import io.fairlead.samples.aiplatform.api.inference.ServerLiveResponse;
import io.fairlead.samples.aiplatform.api.inference.ServerMetadataRequest;
import io.fairlead.samples.aiplatform.api.inference.ServerMetadataResponse;
import io.fairlead.samples.aiplatform.api.inference.ServerReadyRequest;
import io.fairlead.samples.aiplatform.api.inference.ServerReadyResponse;
import io.fairlead.samples.aiplatform.common.Floats;
import io.fairlead.samples.aiplatform.training.OnnxFile;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;

/**
 * Serves one version of one model by the Open Inference Protocol.
 *
 * <p>It never waits: a request becomes a task of the {@link Batcher}, whose answer completes the
 * call. A request that cannot be run is refused before it comes to a batch, so it spoils no other.
 */
final class InferenceService implements GRPCInferenceServiceAsync {
  private static final String FP32 = "FP32";

  /** As Triton has it: 1 is the highest, and what says nothing comes after what does. */
  private static final int NO_PRIORITY = 1_000;

  private final String serverId;
  private final String device;
  private final String model;
  private final String version;
  private final int inputs;
  private final int outputs;
  private final Batcher batcher;

  InferenceService(
      String serverId,
      String device,
      String model,
      String version,
      int inputs,
      int outputs,
      Batcher batcher) {
    this.serverId = serverId;
    this.device = device;
    this.model = model;
    this.version = version;
    this.inputs = inputs;
    this.outputs = outputs;
    this.batcher = batcher;
  }

  @Override
  public CompletionStage<ServerLiveResponse> serverLive(ServerLiveRequest request) {
    return done(ServerLiveResponse.newBuilder().setLive(true).build());
  }

  /** The server is registered, and so called, only once its model is loaded. */
  @Override
  public CompletionStage<ServerReadyResponse> serverReady(ServerReadyRequest request) {
    return done(ServerReadyResponse.newBuilder().setReady(true).build());
  }

  @Override
  public CompletionStage<ModelReadyResponse> modelReady(ModelReadyRequest request) {
    requireModel(request.getName(), request.getVersion());
    return done(ModelReadyResponse.newBuilder().setReady(true).build());
  }

  @Override
  public CompletionStage<ServerMetadataResponse> serverMetadata(ServerMetadataRequest request) {
    return done(ServerMetadataResponse.newBuilder().setName(serverId).setVersion("1").build());
  }

  @Override
  public CompletionStage<ModelMetadataResponse> modelMetadata(ModelMetadataRequest request) {
    requireModel(request.getName(), request.getVersion());
    Batcher.Counts counts = batcher.counts();
    return done(
        ModelMetadataResponse.newBuilder()
            .setName(model)
            .addVersions(version)
            .setPlatform("onnxruntime_onnx")
            .addInputs(tensor(OnnxFile.INPUT, inputs))
            .addOutputs(tensor(OnnxFile.OUTPUT, outputs))
            .putProperties("batches", Long.toString(counts.batches()))
            .putProperties("rows", Long.toString(counts.rows()))
            .putProperties("busy_micros", Long.toString(counts.busyNanos() / 1_000))
            .putProperties("waiting", Integer.toString(counts.waiting()))
            .putProperties("dropped_cancelled", Long.toString(counts.cancelled()))
            .putProperties("dropped_late", Long.toString(counts.late()))
            .putProperties("shed", Long.toString(counts.shed()))
            .build());
  }

  private static TensorMetadata tensor(String name, int width) {
    return TensorMetadata.newBuilder()
        .setName(name)
        .setDatatype(FP32)
        .addShape(-1)
        .addShape(width)
        .build();
  }

  @Override
  public CompletionStage<ModelInferResponse> modelInfer(ModelInferRequest request) {
    requireModel(request.getModelName(), request.getModelVersion());
    float[][] rows = rows(request);
    // Over HTTP there is none: its caller has no deadline, and is not seen leaving.
    Optional<CallContext> call = CallContext.find();
    long now = System.nanoTime();
    OptionalLong deadline =
        call.flatMap(CallContext::remaining)
            .map(Duration::toNanos)
            .map(nanos -> OptionalLong.of(now + nanos))
            .orElse(OptionalLong.empty());
    BooleanSupplier cancelled =
        call.<BooleanSupplier>map(context -> context::isCancelled).orElse(() -> false);
    InferenceTask task = new InferenceTask(rows, priority(request), now, deadline, cancelled);
    batcher.submit(task);
    return task.answer().thenApply(answer -> response(request, answer));
  }

  private static int priority(ModelInferRequest request) {
    InferParameter parameter = request.getParametersMap().get("priority");
    if (parameter == null) {
      return NO_PRIORITY;
    }
    long given =
        parameter.hasUint64Param() ? parameter.getUint64Param() : parameter.getInt64Param();
    return given <= 0 || given > NO_PRIORITY ? NO_PRIORITY : (int) given;
  }

  private void requireModel(String name, String askedVersion) {
    if (!name.equals(model)) {
      throw RpcException.answer(
          Status.Code.NOT_FOUND,
          "the model \"" + name + "\" is not served here; the model here is " + model);
    }
    if (!askedVersion.isEmpty() && !askedVersion.equals(version)) {
      throw RpcException.answer(
          Status.Code.NOT_FOUND,
          "version " + askedVersion + " of " + name + " is not served here; " + version + " is");
    }
  }

  private float[][] rows(ModelInferRequest request) {
    if (request.getInputsCount() != 1 || !request.getInputs(0).getName().equals(OnnxFile.INPUT)) {
      throw refused("inputs", "the model takes one input, " + OnnxFile.INPUT);
    }
    InferInputTensor input = request.getInputs(0);
    if (!input.getDatatype().equals(FP32)) {
      throw refused(
          "inputs[0].datatype",
          "the datatype is \"" + input.getDatatype() + "\", and the model takes " + FP32);
    }
    if (input.getShapeCount() != 2 || input.getShape(0) < 1 || input.getShape(1) != inputs) {
      throw refused(
          "inputs[0].shape",
          "the shape is " + input.getShapeList() + ", and the model takes [n, " + inputs + "]");
    }
    float[] values = values(request, input);
    // Compared as rows: the product of a shape that somebody made up may overflow.
    if (values.length % inputs != 0 || values.length / inputs != input.getShape(0)) {
      throw refused(
          "inputs[0].contents",
          "the shape is " + input.getShapeList() + ", and " + values.length + " values came");
    }
    float[][] rows = new float[values.length / inputs][];
    for (int row = 0; row < rows.length; row++) {
      rows[row] = Arrays.copyOfRange(values, row * inputs, (row + 1) * inputs);
    }
    return rows;
  }

  private static float[] values(ModelInferRequest request, InferInputTensor input) {
    if (request.getRawInputContentsCount() == 0) {
      return Floats.of(input.getContents().getFp32ContentsList());
    }
    ByteString raw = request.getRawInputContents(0);
    if (request.getRawInputContentsCount() != 1 || input.hasContents()) {
      throw refused(
          "raw_input_contents", "raw contents are given once for each input, and then no others");
    }
    if (raw.size() % Float.BYTES != 0) {
      throw refused("raw_input_contents", raw.size() + " bytes are no whole number of FP32");
    }
    return Floats.of(raw);
  }

  /** Answers in the form that the request has: raw, or as numbers. */
  private ModelInferResponse response(ModelInferRequest request, InferenceTask.Answer answer) {
    float[] values = new float[answer.rows().length * outputs];
    for (int row = 0; row < answer.rows().length; row++) {
      System.arraycopy(answer.rows()[row], 0, values, row * outputs, outputs);
    }
    InferOutputTensor.Builder output =
        InferOutputTensor.newBuilder()
            .setName(OnnxFile.OUTPUT)
            .setDatatype(FP32)
            .addShape(answer.rows().length)
            .addShape(outputs);
    ModelInferResponse.Builder response =
        ModelInferResponse.newBuilder()
            .setModelName(model)
            .setModelVersion(version)
            .setId(request.getId())
            .putParameters(
                "served_by", InferParameter.newBuilder().setStringParam(serverId).build())
            .putParameters("device", InferParameter.newBuilder().setStringParam(device).build())
            .putParameters(
                "batch_rows", InferParameter.newBuilder().setInt64Param(answer.batch()).build());
    if (request.getRawInputContentsCount() > 0) {
      response.addRawOutputContents(Floats.toBytes(values));
    } else {
      output.setContents(InferTensorContents.newBuilder().addAllFp32Contents(Floats.list(values)));
    }
    return response.addOutputs(output).build();
  }

  private static StatusRuntimeException refused(String field, String why) {
    return RpcException.answer(
        Status.Code.INVALID_ARGUMENT,
        why,
        BadRequest.newBuilder()
            .addFieldViolations(
                BadRequest.FieldViolation.newBuilder().setField(field).setDescription(why))
            .build());
  }

  private static <T> CompletionStage<T> done(T answer) {
    return CompletableFuture.completedFuture(answer);
  }
}
