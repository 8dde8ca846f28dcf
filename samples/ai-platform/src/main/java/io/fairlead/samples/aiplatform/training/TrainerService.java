package io.fairlead.samples.aiplatform.training;

import io.fairlead.RpcException;
import io.fairlead.Source;
import io.fairlead.samples.aiplatform.api.capture.CaptureRpc;
import io.fairlead.samples.aiplatform.api.capture.Share;
import io.fairlead.samples.aiplatform.api.features.FeaturesRpc;
import io.fairlead.samples.aiplatform.api.models.ModelRegistryRpc;
import io.fairlead.samples.aiplatform.api.preprocess.PreprocessRpc;
import io.fairlead.samples.aiplatform.api.train.Architecture;
import io.fairlead.samples.aiplatform.api.train.CancelRequest;
import io.fairlead.samples.aiplatform.api.train.GetJobRequest;
import io.fairlead.samples.aiplatform.api.train.Progress;
import io.fairlead.samples.aiplatform.api.train.TrainRequest;
import io.fairlead.samples.aiplatform.api.train.Trainer;
import io.fairlead.samples.aiplatform.api.train.TrainerRpc;
import io.fairlead.samples.aiplatform.common.Models;
import io.fairlead.samples.aiplatform.common.ServiceProcess;
import io.fairlead.samples.aiplatform.common.Settings;
import io.grpc.Status;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Runs training jobs, one at a time. */
public final class TrainerService implements Trainer {
  private static final Pattern JOB_ID = Pattern.compile("[A-Za-z0-9-]{1,64}");
  private static final Pattern SHARE = Pattern.compile("([1-9]\\d{0,3})/([1-9]\\d{0,3})");
  private static final int DEFAULT_EPOCHS = 60;
  private static final int MAX_EPOCHS = 500;
  private static final int DEFAULT_PATIENCE = 8;

  private final Models models;
  private final Examples examples;
  private final Map<String, TrainingJob> jobs = new ConcurrentHashMap<>();

  /** One thread: two jobs at a time would only take each other's processor. */
  private final ExecutorService worker =
      Executors.newSingleThreadExecutor(
          task -> {
            Thread thread = new Thread(task, "training");
            thread.setDaemon(true);
            return thread;
          });

  TrainerService(Models models, Examples examples) {
    this.models = models;
    this.examples = examples;
  }

  public static void main(String[] args) throws Exception {
    Settings settings = Settings.parse(args);
    try (ServiceProcess process = ServiceProcess.open(settings)) {
      Models models =
          new Models(ModelRegistryRpc.client(process.channel(ModelRegistryRpc.service())));
      Examples examples =
          new Examples(
              CaptureRpc.client(process.channel(CaptureRpc.service())),
              PreprocessRpc.client(process.channel(PreprocessRpc.service())),
              FeaturesRpc.client(process.channel(FeaturesRpc.service())),
              share(settings.text("images", "")));
      process.serve(TrainerRpc.SERVICE_NAME, TrainerRpc.bind(new TrainerService(models, examples)));
    }
  }

  /** A trainer with images of its own has them by a setting, and no caller can ask for others. */
  static Optional<Share> share(String setting) {
    if (setting.isEmpty()) {
      return Optional.empty();
    }
    Matcher share = SHARE.matcher(setting);
    if (!share.matches()) {
      throw new IllegalArgumentException(
          "the setting images=" + setting + " is no share; write 1/2 for the first of two");
    }
    return Optional.of(
        Share.newBuilder()
            .setNumber(Integer.parseInt(share.group(1)))
            .setOf(Integer.parseInt(share.group(2)))
            .build());
  }

  @Override
  public Source<Progress> train(TrainRequest asked) {
    TrainRequest request = checked(asked);
    TrainingJob job =
        jobs.compute(
            request.getJobId(),
            (id, known) -> {
              if (known != null && !known.request().equals(request)) {
                throw RpcException.answer(
                    Status.Code.ALREADY_EXISTS,
                    "the job id " + id + " was used for another request; take a new one");
              }
              // One that failed or was cancelled goes on from its checkpoint.
              return known != null && (!known.isOver() || known.last().hasResult())
                  ? known
                  : start(request);
            });
    return job.reports();
  }

  private TrainingJob start(TrainRequest request) {
    TrainingJob job = new TrainingJob(request, models, examples);
    worker.execute(job);
    return job;
  }

  @Override
  public Progress getJob(GetJobRequest request) {
    return job(request.getJobId()).last();
  }

  @Override
  public Progress cancel(CancelRequest request) {
    TrainingJob job = job(request.getJobId());
    job.cancel();
    return job.last();
  }

  private TrainingJob job(String id) {
    TrainingJob job = jobs.get(id);
    if (job == null) {
      throw RpcException.answer(
          Status.Code.NOT_FOUND,
          "the job " + id + " was not asked for since this trainer started; call Train");
    }
    return job;
  }

  private static TrainRequest checked(TrainRequest request) {
    if (!JOB_ID.matcher(request.getJobId()).matches()) {
      throw refused(
          "job_id \"" + request.getJobId() + "\" is not 1 to 64 letters, digits and dashes");
    }
    if (request.getModelName().isBlank()) {
      throw refused("model_name is empty; it is the name that the model is registered by");
    }
    if (request.getArchitecture() != Architecture.MLP_64_32
        && request.getArchitecture() != Architecture.SOFTMAX) {
      throw refused("architecture is not known to this trainer; it has MLP_64_32 and SOFTMAX");
    }
    if (request.getMaxEpochs() < 0 || request.getMaxEpochs() > MAX_EPOCHS) {
      throw refused("max_epochs is " + request.getMaxEpochs() + "; it is 1 to " + MAX_EPOCHS);
    }
    if (request.getPatience() < 0) {
      throw refused("patience is " + request.getPatience() + "; it is 1 or more");
    }
    return request.toBuilder()
        .setMaxEpochs(request.getMaxEpochs() == 0 ? DEFAULT_EPOCHS : request.getMaxEpochs())
        .setPatience(request.getPatience() == 0 ? DEFAULT_PATIENCE : request.getPatience())
        .build();
  }

  private static RuntimeException refused(String why) {
    return RpcException.answer(Status.Code.INVALID_ARGUMENT, why);
  }
}
