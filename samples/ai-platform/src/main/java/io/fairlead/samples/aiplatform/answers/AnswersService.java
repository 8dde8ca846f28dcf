package io.fairlead.samples.aiplatform.answers;

import io.fairlead.RpcException;
import io.fairlead.Source;
import io.fairlead.client.RpcChannel;
import io.fairlead.samples.aiplatform.api.answers.Answers;
import io.fairlead.samples.aiplatform.api.answers.AnswersRpc;
import io.fairlead.samples.aiplatform.api.answers.ListRequest;
import io.fairlead.samples.aiplatform.api.answers.StoredAnswer;
import io.fairlead.samples.aiplatform.api.answers.SummarizeRequest;
import io.fairlead.samples.aiplatform.api.answers.Summary;
import io.fairlead.samples.aiplatform.api.features.Features;
import io.fairlead.samples.aiplatform.api.features.FeaturesRpc;
import io.fairlead.samples.aiplatform.api.image.Image;
import io.fairlead.samples.aiplatform.api.image.NormalizedImage;
import io.fairlead.samples.aiplatform.api.image.Problem;
import io.fairlead.samples.aiplatform.api.image.Rejection;
import io.fairlead.samples.aiplatform.api.inference.GRPCInferenceService;
import io.fairlead.samples.aiplatform.api.inference.GRPCInferenceServiceRpc;
import io.fairlead.samples.aiplatform.api.preprocess.Preprocess;
import io.fairlead.samples.aiplatform.api.preprocess.PreprocessRpc;
import io.fairlead.samples.aiplatform.common.CrashPoint;
import io.fairlead.samples.aiplatform.common.Floats;
import io.fairlead.samples.aiplatform.common.Inference;
import io.fairlead.samples.aiplatform.common.ServiceProcess;
import io.fairlead.samples.aiplatform.common.Settings;
import io.fairlead.samples.aiplatform.events.BrokerLink;
import io.fairlead.samples.aiplatform.events.BrokerWorker;
import io.fairlead.samples.aiplatform.events.EventReader;
import io.fairlead.samples.aiplatform.events.Reader;
import io.fairlead.samples.aiplatform.training.Network;
import io.grpc.Status;
import java.sql.SQLException;
import java.util.List;

/** Asks the model about each captured image, and keeps the answers for those who ask for many. */
public final class AnswersService implements Answers {
  private final AnswerStore store;

  private AnswersService(AnswerStore store) {
    this.store = store;
  }

  public static void main(String[] args) throws Exception {
    Settings settings = Settings.parse(args);
    try (AnswerStore store = AnswerStore.open(settings.data());
        ServiceProcess process = ServiceProcess.open(settings)) {
      Classifier classifier = Classifier.of(process, settings);
      BrokerWorker unused =
          process.keep(
              EventReader.start(
                  BrokerLink.of(settings),
                  Reader.ANSWERS,
                  CrashPoint.of(settings),
                  event -> {
                    // Looked up first: a model should not be asked again for what is known.
                    if (!store.repeated(event.getKey())) {
                      store.add(
                          event.getKey(), event.getImage(), classifier.answer(event.getImage()));
                    }
                  }));
      process.serve(AnswersRpc.SERVICE_NAME, AnswersRpc.bind(new AnswersService(store)));
    }
  }

  /** The way of an image through the platform: preprocess, features, model. */
  private record Classifier(
      Preprocess preprocess, Features features, GRPCInferenceService models, String model) {

    static Classifier of(ServiceProcess process, Settings settings) {
      String model = settings.text("model");
      RpcChannel models = process.channel(GRPCInferenceServiceRpc.service(), Inference::policy);
      return new Classifier(
          PreprocessRpc.client(process.channel(PreprocessRpc.service())),
          FeaturesRpc.client(process.channel(FeaturesRpc.service())),
          GRPCInferenceServiceRpc.client(
              models.with(Inference.version(model, settings.number("version", 1)))),
          model);
    }

    StoredAnswer answer(Image image) {
      StoredAnswer.Builder answer = StoredAnswer.newBuilder().setImageId(image.getId());
      try {
        NormalizedImage normalized = preprocess.normalize(image);
        float[] values = Floats.of(features.extract(normalized).getValuesList());
        float[] probabilities =
            Inference.probabilities(
                models.modelInfer(Inference.request(model, image.getId(), List.of(values))));
        return answer.setDigit(Network.best(probabilities)).build();
      } catch (RpcException e) {
        if (e.code() != Status.Code.INVALID_ARGUMENT) {
          throw e;
        }
        // A bad image stays bad: that is the answer, and the event is done with.
        return answer
            .setProblem(
                e.detail(Rejection.class).map(Rejection::getProblem).orElse(Problem.UNRECOGNIZED))
            .build();
      }
    }
  }

  @Override
  public Summary summarize(SummarizeRequest request) {
    try {
      return store.summary();
    } catch (SQLException e) {
      throw unreadable();
    }
  }

  @Override
  public Source<StoredAnswer> list(ListRequest request) {
    try {
      return Source.from(store.all());
    } catch (SQLException e) {
      throw unreadable();
    }
  }

  private static RuntimeException unreadable() {
    return RpcException.answer(Status.Code.UNAVAILABLE, "the answers cannot be read now");
  }
}
