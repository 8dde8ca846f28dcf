package io.fairlead.samples.aiplatform.story;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.rpc.BadRequest;
import io.fairlead.RpcException;
import io.fairlead.samples.aiplatform.api.features.Features;
import io.fairlead.samples.aiplatform.api.features.FeaturesRpc;
import io.fairlead.samples.aiplatform.api.image.FeatureVector;
import io.fairlead.samples.aiplatform.api.image.Image;
import io.fairlead.samples.aiplatform.api.image.NormalizedImage;
import io.fairlead.samples.aiplatform.api.image.Problem;
import io.fairlead.samples.aiplatform.api.image.Rejection;
import io.fairlead.samples.aiplatform.api.inference.GRPCInferenceService;
import io.fairlead.samples.aiplatform.api.inference.GRPCInferenceServiceRpc;
import io.fairlead.samples.aiplatform.api.inference.ModelInferResponse;
import io.fairlead.samples.aiplatform.api.models.Kind;
import io.fairlead.samples.aiplatform.api.train.Progress;
import io.fairlead.samples.aiplatform.api.train.Result;
import io.fairlead.samples.aiplatform.api.train.TrainRequest;
import io.fairlead.samples.aiplatform.api.train.TrainerRpc;
import io.fairlead.samples.aiplatform.common.Floats;
import io.fairlead.samples.aiplatform.common.Inference;
import io.fairlead.samples.aiplatform.common.Models;
import io.fairlead.samples.aiplatform.training.Network;
import io.fairlead.samples.aiplatform.training.OnnxFile;
import io.fairlead.samples.aiplatform.training.TrainerService;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** Parts in Python take part behind the same contracts, and clients of others call ours. */
final class PythonChapter {
  private static final int ROWS = 50;
  private static final double TOLERANCE = 1e-5;

  /** How far the accuracy of one trainer may be from that of the other. */
  private static final double NEAR = 0.02;

  private static final String MODEL = "digits-python";
  private static final String KUBERNETES = "1.31";
  private static final Pattern PROGRAM = Pattern.compile("io\\.fairlead\\.samples\\.[\\w.]+");

  private final Platform platform;
  private final Screen screen;
  private final TestImages test;
  private final Python python;
  private final TrainingChapter training;

  PythonChapter(
      Platform platform, Screen screen, TestImages test, Python python, TrainingChapter training) {
    this.platform = platform;
    this.screen = screen;
    this.test = test;
    this.python = python;
    this.training = training;
  }

  void play() throws IOException, InterruptedException {
    stockClient("tritonclient", "triton_client.py");
    stockClient("kserve", "kserve_client.py");
    features();
    modelServer();
    trainers();
    manifests();
  }

  /** The manifests of Kubernetes are those of its schemas, and name programs that there are. */
  private void manifests() throws IOException, InterruptedException {
    Path file =
        Path.of(System.getProperty("sample.folder", "."))
            .toAbsolutePath()
            .resolve("deploy/kubernetes.yaml");
    String ask =
        new Gson().toJson(Map.of("files", List.of(file.toString()), "version", KUBERNETES));
    Path log = platform.fleet().log("manifests");
    JsonObject found =
        JsonParser.parseString(python.answer("check_manifests.py", ask, log)).getAsJsonObject();
    List<String> missing =
        PROGRAM
            .matcher(Files.readString(file))
            .results()
            .map(MatchResult::group)
            .filter(name -> PythonChapter.class.getResource(resource(name)) == null)
            .toList();
    JsonArray wrong = found.getAsJsonArray("wrong");
    screen.check(
        wrong.isEmpty() && missing.isEmpty() && found.getAsJsonArray("valid").size() > 10,
        "deploy/kubernetes.yaml against the schemas of Kubernetes %s: %d good, wrong %s, programs"
            + " that are missing %s; not in these schemas: %s",
        KUBERNETES,
        found.getAsJsonArray("valid").size(),
        wrong,
        missing,
        found.getAsJsonArray("unknown"));
  }

  private static String resource(String name) {
    return "/" + name.replace('.', '/') + ".class";
  }

  /** A client that others wrote gets the same answers from our server as ours does. */
  private void stockClient(String name, String script) throws IOException, InterruptedException {
    List<Image> some = test.images().subList(0, ROWS);
    List<float[]> rows = some.stream().map(test::features).toList();
    String address =
        platform.endpoint(ServingChapter.SERVICE, "model-3").addresses().get(0).hostAndPort();
    Map<String, Object> ask = new TreeMap<>();
    ask.put("address", address);
    ask.put("model", TrainingChapter.MODEL);
    ask.put("version", "2");
    ask.put("rows", rows);
    platform
        .certificates()
        .ifPresent(
            each -> {
              String own = each.client(name);
              ask.put("ca", each.trust().toString());
              ask.put("certificate", own + ".crt");
              ask.put("key", own + ".key");
            });
    float[] ours =
        Inference.probabilities(
            server("model-3").modelInfer(Inference.request(TrainingChapter.MODEL, "1", rows)));
    JsonObject answers =
        JsonParser.parseString(
                python.answer(
                    script, new Gson().toJson(ask), platform.fleet().log("client-" + name)))
            .getAsJsonObject();
    for (Map.Entry<String, JsonElement> entry : answers.entrySet()) {
      JsonObject answer = entry.getValue().getAsJsonObject();
      double difference = ServingChapter.difference(flat(answer.get("probabilities")), ours);
      JsonObject shape = answer.getAsJsonObject("wrong_shape");
      JsonObject unknown = answer.getAsJsonObject("unknown_model");
      screen.check(
          answer.get("live").getAsBoolean()
              && answer.get("ready").getAsBoolean()
              && describesModel(answer)
              && difference <= TOLERANCE
              && failedAs(shape, "INVALID_ARGUMENT", "400", "the model takes [n, ")
              && failedAs(unknown, "NOT_FOUND", "404", "\"letters\" is not served here"),
          "%s over %s: %d rows, |dp| at most %.1e from our client; a wrong shape: %s, an unknown"
              + " model: %s",
          name,
          entry.getKey(),
          ROWS,
          difference,
          shape.get("status").getAsString(),
          unknown.get("status").getAsString());
    }
  }

  /** Not each of these clients asks for descriptions. */
  private static boolean describesModel(JsonObject answer) {
    return !answer.has("metadata")
        || (answer.get("server").getAsString().equals("model-3")
            && answer
                .get("metadata")
                .toString()
                .equals(
                    "{\"name\":\"digits\",\"versions\":[\"2\"],"
                        + "\"inputs\":[[\"features\",\"FP32\",[-1,96]]]}"));
  }

  private static boolean failedAs(JsonObject failure, String code, String http, String text) {
    String status = failure.get("status").getAsString();
    return (status.endsWith(code) || status.equals(http))
        && failure.get("message").getAsString().contains(text);
  }

  private static float[] flat(JsonElement rows) {
    List<Float> values = new ArrayList<>();
    rows.getAsJsonArray()
        .forEach(row -> row.getAsJsonArray().forEach(value -> values.add(value.getAsFloat())));
    return Floats.of(values);
  }

  private GRPCInferenceService server(String id) {
    return GRPCInferenceServiceRpc.client(platform.inference.with(Inference.instance(id)));
  }

  private void features() throws InterruptedException {
    String service = FeaturesRpc.SERVICE_NAME;
    platform.fleet().start(python, "features_service.py", "features-py-1");
    platform.fleet().start(python, "features_service.py", "features-py-2");
    platform.awaitOnly(service, "features-1", "features-py-1", "features-py-2");
    List<NormalizedImage> images =
        test.images().stream().map(image -> platform.preprocess.normalize(image)).toList();
    double largest = 0;
    for (int i = 0; i < images.size(); i++) {
      FeatureVector theirs = extractor("features-py-" + (1 + i % 2)).extract(images.get(i));
      largest =
          Math.max(
              largest,
              ServingChapter.difference(
                  Floats.of(theirs.getValuesList()), test.features(test.images().get(i))));
    }
    screen.check(
        largest <= TOLERANCE,
        "two feature services in Python, found in etcd: %d images, at most %.1e from those in Java"
            + " (bound: %.0e)",
        images.size(),
        largest,
        TOLERANCE);
    wrongPixels();
    int failed = 0;
    for (int i = 0; i < images.size(); i++) {
      if (i == 100) {
        platform.fleet().kill("features-py-1");
      } else if (i == 200) {
        platform.drain(service, "features-1");
      }
      try {
        FeatureVector unused = platform.features.extract(images.get(i));
      } catch (RpcException e) {
        failed++;
      }
    }
    screen.check(
        failed == 0,
        "one of them killed with -9 and the one in Java drained, under %d calls: %d failed",
        images.size(),
        failed);
  }

  private Features extractor(String id) {
    return FeaturesRpc.client(platform.featureChannel.with(Inference.instance(id)));
  }

  private void wrongPixels() {
    try {
      FeatureVector unused =
          extractor("features-py-1").extract(NormalizedImage.newBuilder().addPixels(1).build());
      screen.check(false, "an image of one pixel was answered");
    } catch (RpcException e) {
      Problem problem =
          e.detail(Rejection.class).map(Rejection::getProblem).orElse(Problem.UNRECOGNIZED);
      screen.check(
          problem == Problem.WRONG_SHAPE, "a wrong shape there: %s, %s", e.code(), problem);
    }
  }

  private void modelServer() throws InterruptedException {
    platform
        .fleet()
        .start(
            python, "model_server.py", "model-py-1", "model=" + TrainingChapter.MODEL, "version=2");
    ServingChapter.awaitReady(platform, "model-py-1", TrainingChapter.MODEL);
    Network network = network(TrainingChapter.MODEL, 2);
    GRPCInferenceService both =
        GRPCInferenceServiceRpc.client(
            platform.inference.with(Inference.version(TrainingChapter.MODEL, 2)));
    Map<String, Integer> counts = new TreeMap<>();
    double largest = 0;
    int failed = 0;
    for (Image image : test.images()) {
      float[] values = test.features(image);
      try {
        ModelInferResponse response =
            both.modelInfer(
                Inference.request(TrainingChapter.MODEL, image.getId(), List.of(values)));
        counts.merge(Inference.servedBy(response), 1, Integer::sum);
        largest =
            Math.max(
                largest,
                ServingChapter.difference(
                    Inference.probabilities(response), network.predict(values)));
      } catch (RpcException e) {
        failed++;
      }
    }
    screen.check(
        failed == 0
            && largest <= TOLERANCE
            && counts.keySet().equals(Set.of("model-3", "model-py-1")),
        "model servers in Java and in Python share %d calls: %s, |dp| at most %.1e, %d failed",
        test.images().size(),
        counts,
        largest,
        failed);
    try {
      ModelInferResponse unused =
          server("model-py-1")
              .modelInfer(
                  Inference.request(TrainingChapter.MODEL, "1", List.of(new float[] {1, 2, 3})));
      screen.check(false, "a wrong shape was answered");
    } catch (RpcException e) {
      String field =
          e.detail(BadRequest.class)
              .map(detail -> detail.getFieldViolations(0).getField())
              .orElse("");
      screen.check(
          field.equals("inputs[0].shape"), "a wrong shape there: %s (field %s)", e.code(), field);
    }
    platform.drain(ServingChapter.SERVICE, "model-py-1");
  }

  private Network network(String model, int version) {
    return OnnxFile.read(new Models(platform.models).get(model, Kind.MODEL, version).content());
  }

  private void trainers() throws InterruptedException {
    platform.drain(TrainerRpc.SERVICE_NAME, "trainer-2");
    platform.fleet().start(python, "trainer.py", "trainer-py-1");
    awaitTrainer("trainer-py-1");
    Result result = training.train(training.mlp("python", MODEL).build()).getResult();
    screen.check(
        Math.abs(result.getTestAccuracy() - training.accuracy()) <= NEAR,
        "the trainer in Python: %d epochs in %.1f s, accuracy %.3f, by that in Java %.3f (within"
            + " %.2f)",
        result.getEpochs(),
        result.getSeconds(),
        result.getTestAccuracy(),
        training.accuracy(),
        NEAR);
    ServingChapter.start(platform, "model-4", MODEL, result.getModelVersion(), "batch=32");
    relay();
    served(result);
  }

  /** What one trainer has learnt, a server in the other language serves. */
  private void served(Result result) throws InterruptedException {
    ServingChapter.awaitReady(platform, "model-4", MODEL);
    Network network = network(MODEL, result.getModelVersion());
    double largest = 0;
    for (Image image : test.images()) {
      float[] values = test.features(image);
      float[] served =
          Inference.probabilities(
              server("model-4")
                  .modelInfer(Inference.request(MODEL, image.getId(), List.of(values))));
      largest = Math.max(largest, ServingChapter.difference(served, network.predict(values)));
    }
    screen.check(
        largest <= TOLERANCE,
        "its model in a server in Java, %d test images: |dp| at most %.1e (bound: %.0e)",
        test.images().size(),
        largest,
        TOLERANCE);
    platform.drain(ServingChapter.SERVICE, "model-4");
  }

  /** One job goes through three trainers of two languages, two of which are killed. */
  private void relay() throws InterruptedException {
    TrainRequest request = training.mlp("relay", "digits-relay").build();
    int first = training.killed(request, "trainer-py-1", 4);
    platform.fleet().start(TrainerService.class, "trainer-3");
    awaitTrainer("trainer-3");
    int second = training.killed(request, "trainer-3", first + 4);
    platform.fleet().start(python, "trainer.py", "trainer-py-2");
    awaitTrainer("trainer-py-2");
    Progress end = training.train(request);
    screen.check(
        second > first
            && end.getResumedAfter() >= second
            && Math.abs(end.getResult().getTestAccuracy() - training.accuracy()) <= NEAR,
        "one job: begun in Python (killed after epoch %d), gone on with in Java (killed after epoch"
            + " %d), ended in Python after epoch %d: accuracy %.3f",
        first,
        second,
        end.getEpoch(),
        end.getResult().getTestAccuracy());
  }

  private void awaitTrainer(String id) throws InterruptedException {
    platform.await(
        "the trainer " + id, () -> platform.endpoints(TrainerRpc.SERVICE_NAME).containsKey(id));
  }
}
