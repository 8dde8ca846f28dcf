package io.fairlead.samples.aiplatform.models;

import io.fairlead.Source;
import io.fairlead.samples.aiplatform.api.models.DeployRequest;
import io.fairlead.samples.aiplatform.api.models.Deployment;
import io.fairlead.samples.aiplatform.api.models.ModelRegistry;
import io.fairlead.samples.aiplatform.api.models.WatchRequest;

/**
 * Puts a new version in the place of the stable one, as a saga: a canary gets a share of the
 * requests, then it gets all of them, or the canary is taken back.
 *
 * <p>Its state is the deployment in the registry and nothing else. Each step is one
 * compare-and-set, and each leaves a deployment that answers all requests. So whoever finds the
 * saga interrupted, after any step, can compensate with {@link #recover}, and two who try do no
 * harm.
 */
public final class Promotion {
  private final ModelRegistry registry;
  private final String model;

  public Promotion(ModelRegistry registry, String model) {
    this.registry = registry;
    this.model = model;
  }

  /** Returns the present deployment; waits for one if there is none yet. */
  public Deployment present() {
    WatchRequest request = WatchRequest.newBuilder().setName(model).build();
    try (Source<Deployment> news = registry.watch(request)) {
      Deployment now = news.read();
      if (now == null) {
        throw new IllegalStateException("the registry says nothing about " + model);
      }
      return now;
    }
  }

  /** Deploys the first version of a model. */
  public Deployment first(int version) {
    return deploy(version, 0, 0, 0);
  }

  /** Step 1: gives a share of the requests to a version. */
  public Deployment begin(Deployment seen, int version, int percent) {
    if (seen.getCanaryVersion() != 0) {
      throw new IllegalStateException(
          "version "
              + seen.getCanaryVersion()
              + " of "
              + model
              + " is a canary already; promote it or take it back first");
    }
    return deploy(seen.getStableVersion(), version, percent, seen.getRevision());
  }

  /** Step 2, if the canary is good: it gets all requests. */
  public Deployment promote(Deployment seen) {
    return deploy(seen.getCanaryVersion(), 0, 0, seen.getRevision());
  }

  /** Step 2, if it is not: the stable version gets all requests, as before step 1. */
  public Deployment takeBack(Deployment seen) {
    return deploy(seen.getStableVersion(), 0, 0, seen.getRevision());
  }

  /** Compensates a saga whose runner is gone: nobody judges the canary, so it is taken back. */
  public Deployment recover() {
    Deployment seen = present();
    return seen.getCanaryVersion() == 0 ? seen : takeBack(seen);
  }

  private Deployment deploy(int stable, int canary, int percent, long revision) {
    return registry.deploy(
        DeployRequest.newBuilder()
            .setName(model)
            .setStableVersion(stable)
            .setCanaryVersion(canary)
            .setCanaryPercent(percent)
            .setExpectedRevision(revision)
            .build());
  }
}
