package io.fairlead.samples.aiplatform.gateway;

import io.fairlead.RpcException;
import io.fairlead.Source;
import io.fairlead.client.RpcChannel;
import io.fairlead.samples.aiplatform.api.assistant.Assistant;
import io.fairlead.samples.aiplatform.api.assistant.GenerateRequest;
import io.fairlead.samples.aiplatform.api.assistant.Token;
import io.fairlead.samples.aiplatform.api.features.Features;
import io.fairlead.samples.aiplatform.api.gateway.Answer;
import io.fairlead.samples.aiplatform.api.gateway.AnswerSource;
import io.fairlead.samples.aiplatform.api.gateway.AskRequest;
import io.fairlead.samples.aiplatform.api.gateway.BatchAnswer;
import io.fairlead.samples.aiplatform.api.gateway.CallerUsage;
import io.fairlead.samples.aiplatform.api.gateway.ClassifyRequest;
import io.fairlead.samples.aiplatform.api.gateway.UsageRequest;
import io.fairlead.samples.aiplatform.api.gateway.Vision;
import io.fairlead.samples.aiplatform.api.image.FeatureVector;
import io.fairlead.samples.aiplatform.api.image.Image;
import io.fairlead.samples.aiplatform.api.image.Rejection;
import io.fairlead.samples.aiplatform.api.inference.GRPCInferenceService;
import io.fairlead.samples.aiplatform.api.inference.GRPCInferenceServiceRpc;
import io.fairlead.samples.aiplatform.api.inference.ModelInferResponse;
import io.fairlead.samples.aiplatform.api.models.Deployment;
import io.fairlead.samples.aiplatform.api.preprocess.Preprocess;
import io.fairlead.samples.aiplatform.common.Floats;
import io.fairlead.samples.aiplatform.common.Hashes;
import io.fairlead.samples.aiplatform.common.Inference;
import io.fairlead.samples.aiplatform.training.Network;
import io.fairlead.security.Caller;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/**
 * Classifies an image: preprocess, features, model.
 *
 * <p>What the deployed model has answered to an image, it is not asked again for a while.
 *
 * <p>If the deployed model does not answer, the small model in memory does. If there are not even
 * features, the last answer to the same image is given. Only then the call fails. A bad image fails
 * at once: it would be bad everywhere.
 */
final class VisionService implements Vision {
  /** Where those are answered who wait for it, and where batches are. */
  private static final String INTERACTIVE = "cpu";

  private static final String BATCH = "gpu";

  /** How many characters decide which assistant is asked. */
  private static final int AFFINE = 256;

  private final Preprocess preprocess;
  private final Features features;
  private final RpcChannel models;
  private final String model;
  private final DeployedModels deployed;
  private final RequestRecords records;
  private final Assistant assistant;
  private final AnswerCache answers;
  private final LastAnswers last = new LastAnswers();

  VisionService(
      Preprocess preprocess,
      Features features,
      RpcChannel models,
      String model,
      DeployedModels deployed,
      RequestRecords records,
      Assistant assistant,
      AnswerCache answers) {
    this.preprocess = preprocess;
    this.features = features;
    this.models = models;
    this.model = model;
    this.deployed = deployed;
    this.records = records;
    this.assistant = assistant;
    this.answers = answers;
  }

  @Override
  public Answer classify(ClassifyRequest request) {
    return recorded(caller(), request, INTERACTIVE);
  }

  private Answer recorded(String caller, ClassifyRequest request, String device) {
    long begin = System.nanoTime();
    String id = Hashes.sha256(request.getImage());
    String status = Status.Code.INTERNAL.name();
    Answer answer = null;
    try {
      answer = answer(id, request, device);
      status = Status.Code.OK.name();
      return answer;
    } catch (StatusRuntimeException e) {
      status = e.getStatus().getCode().name();
      throw e;
    } finally {
      records.add(
          caller,
          id,
          status,
          answer == null ? null : answer.getSource(),
          (System.nanoTime() - begin) / 1_000);
    }
  }

  @Override
  public Source<BatchAnswer> classifyAll(Source<ClassifyRequest> requests) {
    String caller = caller();
    return Source.from(
        out -> {
          for (ClassifyRequest request : requests) {
            out.send(inBatch(caller, request));
          }
        });
  }

  private BatchAnswer inBatch(String caller, ClassifyRequest request) {
    try {
      return BatchAnswer.newBuilder().setAnswer(recorded(caller, request, BATCH)).build();
    } catch (RpcException e) {
      return e.detail(Rejection.class)
          .map(rejection -> BatchAnswer.newBuilder().setRejection(rejection).build())
          .orElseThrow(() -> e);
    }
  }

  @Override
  public Source<Token> ask(AskRequest request) {
    String prompt = request.getPrompt();
    GenerateRequest asked =
        GenerateRequest.newBuilder()
            .setPrompt(prompt)
            .setMaxTokens(request.getMaxTokens())
            // Prompts that begin alike go to the server that has read their beginning.
            .setAffinity(prompt.substring(0, Math.min(prompt.length(), AFFINE)))
            .build();
    return Source.from(
        out -> {
          try (Source<Token> tokens = assistant.generate(asked)) {
            for (Token token : tokens) {
              out.send(token);
            }
          } catch (RpcException e) {
            throw e.relay();
          }
        });
  }

  private static String caller() {
    Caller caller = Caller.current();
    return caller == null ? "" : caller.name();
  }

  @Override
  public CallerUsage usage(UsageRequest request) {
    try {
      return records.usage(caller());
    } catch (SQLException e) {
      throw RpcException.answer(
          Status.Code.UNAVAILABLE, "the records of requests cannot be read now");
    }
  }

  private Answer answer(String id, ClassifyRequest request, String device) {
    return request.getFresh()
        ? compute(id, request, device)
        : deployed
            .deployment()
            .flatMap(each -> answers.find(model, DeployedModels.version(each, id), id))
            .orElseGet(() -> compute(id, request, device));
  }

  private Answer compute(String id, ClassifyRequest request, String device) {
    Image image = Image.newBuilder().setId(id).setContent(request.getImage()).build();
    FeatureVector vector;
    try {
      vector = features.extract(preprocess.normalize(image));
    } catch (RpcException e) {
      if (e.code() == Status.Code.INVALID_ARGUMENT) {
        throw e.relay();
      }
      return lastAnswer(id, e.getMessage());
    }
    float[] values = Floats.of(vector.getValuesList());
    Optional<Deployment> deployment = deployed.deployment();
    if (deployment.isEmpty()) {
      return withoutModel(id, values, "no version of " + model + " is deployed");
    }
    try {
      Answer answer = ask(DeployedModels.version(deployment.get(), id), id, values, device);
      last.keep(id, answer);
      answers.keep(id, answer);
      return answer;
    } catch (RpcException e) {
      return withoutModel(id, values, e.getMessage());
    }
  }

  private Answer ask(int version, String id, float[] values, String wanted) {
    GRPCInferenceService servers =
        GRPCInferenceServiceRpc.client(models.with(Inference.version(model, version, wanted)));
    ModelInferResponse response = servers.modelInfer(Inference.request(model, id, List.of(values)));
    String device = Inference.device(response);
    return answer(Inference.probabilities(response))
        .setModel(response.getModelName())
        .setModelVersion(Integer.parseInt(response.getModelVersion()))
        .setEndpoint(Inference.servedBy(response))
        .setSource(AnswerSource.MODEL)
        .setDevice(device)
        .setDeviceReason(
            device.equals(wanted) ? "" : "no server of this version with a " + wanted + " took it")
        .build();
  }

  private Answer withoutModel(String id, float[] values, String reason) {
    return deployed
        .small()
        .map(small -> askSmall(small, values, reason))
        .orElseGet(() -> lastAnswer(id, reason));
  }

  private static Answer askSmall(DeployedModels.SmallModel small, float[] values, String reason) {
    return answer(small.network().predict(values))
        .setModel("small")
        .setModelVersion(small.version())
        .setEndpoint("gateway")
        .setSource(AnswerSource.SMALL_MODEL)
        .setDegraded(true)
        .setReason(reason)
        .build();
  }

  private Answer lastAnswer(String id, String reason) {
    return last.find(id)
        .map(
            answer ->
                answer.toBuilder()
                    .setSource(AnswerSource.LAST_ANSWER)
                    .setDegraded(true)
                    .setReason(reason)
                    .build())
        .orElseThrow(
            () ->
                RpcException.answer(
                    Status.Code.UNAVAILABLE,
                    "no part of the platform can answer to this image now: " + reason));
  }

  private static Answer.Builder answer(float[] probabilities) {
    int digit = Network.best(probabilities);
    return Answer.newBuilder()
        .setDigit(digit)
        .setConfidence(probabilities[digit])
        .addAllProbabilities(Floats.list(probabilities));
  }
}
