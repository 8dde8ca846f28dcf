package io.fairlead.samples.aiplatform.serving;

import io.fairlead.gateway.Gateway;
import io.fairlead.samples.aiplatform.api.inference.GRPCInferenceServiceRpc;
import io.fairlead.samples.aiplatform.api.models.Kind;
import io.fairlead.samples.aiplatform.api.models.ModelRegistryRpc;
import io.fairlead.samples.aiplatform.common.DeviceBalancer;
import io.fairlead.samples.aiplatform.common.Inference;
import io.fairlead.samples.aiplatform.common.Models;
import io.fairlead.samples.aiplatform.common.ServiceProcess;
import io.fairlead.samples.aiplatform.common.Settings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * A model server: a process that serves one version of one model.
 *
 * <p>It loads its model before it registers, with what it serves as a tag, so callers that ask for
 * a version find those that have it. A tag says what it runs on: {@code device}, a setting. One
 * port has the protocol over gRPC and over HTTP. With the setting {@code service} it registers
 * under another name, such as that of its model, and with {@code scaled} a decider can start and
 * end it.
 */
public final class ModelServer {
  private static final int MAX_WAITING = 512;

  /** Half of what callers give one attempt: an overload is told apart from a server that hangs. */
  private static final int MAX_WAIT_MILLIS = 500;

  private ModelServer() {}

  public static void main(String[] args) throws Exception {
    Settings settings = Settings.parse(args);
    String name = settings.text("model");
    String device = settings.text("device", "cpu");
    try (ServiceProcess process = ServiceProcess.open(settings)) {
      Models models =
          new Models(ModelRegistryRpc.client(process.channel(ModelRegistryRpc.service())));
      Models.Download download = models.get(name, Kind.MODEL, settings.number("version", 0));
      String version = Integer.toString(download.artifact().getVersion());
      OnnxModel model = process.keep(new OnnxModel(download.content().toByteArray()));
      Batcher batcher =
          process.keep(
              new Batcher(
                  model,
                  new BatchQueue(
                      settings.number("batch", 32),
                      Duration.ofMillis(settings.number("delay", 2)),
                      settings.number("waiting", MAX_WAITING),
                      Duration.ofMillis(settings.number("wait", MAX_WAIT_MILLIS)))));
      InferenceService service =
          new InferenceService(
              settings.id(), device, name, version, model.inputs(), model.outputs(), batcher);
      String token = settings.text("scaled", "");
      Optional<ScaledServer> scaled =
          token.isEmpty()
              ? Optional.empty()
              : Optional.of(ScaledServer.withTokenOf(Path.of(token)));
      process.serve(
          settings.text("service", GRPCInferenceServiceRpc.SERVICE_NAME),
          GRPCInferenceServiceRpc.bindAsync(service),
          server -> {
            server
                .version(version)
                .tag("serves", Inference.serves(name, version))
                .tag(DeviceBalancer.TAG, device)
                .gateway(Gateway.builder().handler("/v2", new InferenceHttp(service)).build());
            return scaled.map(each -> each.addTo(server)).orElse(server);
          },
          server -> scaled.ifPresent(each -> each.started(server)));
    }
  }
}
