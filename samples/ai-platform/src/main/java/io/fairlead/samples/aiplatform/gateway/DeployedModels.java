package io.fairlead.samples.aiplatform.gateway;

import io.fairlead.RpcException;
import io.fairlead.Source;
import io.fairlead.samples.aiplatform.api.models.Deployment;
import io.fairlead.samples.aiplatform.api.models.Kind;
import io.fairlead.samples.aiplatform.api.models.ModelRegistry;
import io.fairlead.samples.aiplatform.api.models.WatchRequest;
import io.fairlead.samples.aiplatform.common.Models;
import io.fairlead.samples.aiplatform.training.Network;
import io.fairlead.samples.aiplatform.training.OnnxFile;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What the registry says of the models that this gateway asks: which versions answer, and the small
 * model that it keeps in memory for the time when none does.
 *
 * <p>What was read last stays in use while the registry is away.
 */
final class DeployedModels implements AutoCloseable {
  private static final long AGAIN_MILLIS = 500;

  private final ModelRegistry registry;
  private final String model;
  private final String smallModel;
  private final Thread watcher;
  private volatile @Nullable Deployment deployment;
  private volatile @Nullable SmallModel small;

  /** A model in memory, and its version. */
  record SmallModel(Network network, int version) {}

  DeployedModels(ModelRegistry registry, String model, String smallModel) {
    this.registry = registry;
    this.model = model;
    this.smallModel = smallModel;
    this.watcher = new Thread(this::watch, "deployment");
    watcher.setDaemon(true);
    watcher.start();
  }

  Optional<Deployment> deployment() {
    return Optional.ofNullable(deployment);
  }

  Optional<SmallModel> small() {
    return Optional.ofNullable(small);
  }

  /**
   * Returns the version that answers to an image. Its id decides: the same image gets the same
   * version as long as the shares stay.
   */
  static int version(Deployment deployment, String imageId) {
    int percent = Integer.parseUnsignedInt(imageId, 8, 15, 16) % 100;
    return percent < deployment.getCanaryPercent()
        ? deployment.getCanaryVersion()
        : deployment.getStableVersion();
  }

  private void watch() {
    try {
      while (!Thread.interrupted()) {
        try (Source<Deployment> news =
            registry.watch(WatchRequest.newBuilder().setName(model).build())) {
          for (Deployment next : news) {
            loadSmall();
            deployment = next;
          }
        } catch (RpcException e) {
          System.getLogger(DeployedModels.class.getName())
              .log(System.Logger.Level.INFO, "the model registry is away: {0}", e.getMessage());
        }
        TimeUnit.MILLISECONDS.sleep(AGAIN_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void loadSmall() {
    new Models(registry)
        .find(smallModel, Kind.MODEL, 0)
        .ifPresent(
            file ->
                small =
                    new SmallModel(OnnxFile.read(file.content()), file.artifact().getVersion()));
  }

  @Override
  public void close() {
    watcher.interrupt();
  }
}
