package io.fairlead.samples.aiplatform.common;

import io.fairlead.Source;
import io.fairlead.samples.aiplatform.api.capture.Capture;
import io.fairlead.samples.aiplatform.api.capture.ReplayRequest;
import io.fairlead.samples.aiplatform.api.capture.Split;
import io.fairlead.samples.aiplatform.api.features.Features;
import io.fairlead.samples.aiplatform.api.image.FeatureVector;
import io.fairlead.samples.aiplatform.api.image.Image;
import io.fairlead.samples.aiplatform.api.image.NormalizedImage;
import io.fairlead.samples.aiplatform.api.image.Rejection;
import io.fairlead.samples.aiplatform.api.preprocess.NormalizeResult;
import io.fairlead.samples.aiplatform.api.preprocess.Preprocess;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Capture, preprocess and features, joined by streams. At most a stated number of images is under
 * way: taken from capture, and not yet taken by the reader.
 *
 * <p>A pipeline is run once. What it counts may be read while it runs.
 */
public final class Pipeline {
  private final Capture capture;
  private final Preprocess preprocess;
  private final Features features;
  private final int bound;

  /** One permit for each image that may yet be taken. */
  private final Semaphore permits;

  private final AtomicInteger taken = new AtomicInteger();
  private final AtomicInteger finished = new AtomicInteger();
  private final AtomicInteger peak = new AtomicInteger();
  private final List<Rejection> rejections = new CopyOnWriteArrayList<>();
  private volatile boolean over;

  public Pipeline(Capture capture, Preprocess preprocess, Features features, int bound) {
    this.capture = capture;
    this.preprocess = preprocess;
    this.features = features;
    this.bound = bound;
    this.permits = new Semaphore(bound);
  }

  /** What takes the features of each image. */
  @FunctionalInterface
  public interface Reader {
    void take(FeatureVector features) throws InterruptedException;
  }

  /** Runs all images of a part through the stages; returns when the reader has taken the last. */
  public void run(Split split, Reader reader) throws InterruptedException {
    run(ReplayRequest.newBuilder().setSplit(split).build(), reader);
  }

  /** Does the same for the images that a request describes. */
  public void run(ReplayRequest request, Reader reader) throws InterruptedException {
    try (Source<Image> images = capture.replay(request);
        Source<NormalizeResult> normalized =
            preprocess.normalizeAll(Source.from(out -> pass(images, out)));
        Source<FeatureVector> vectors =
            features.extractAll(Source.from(out -> passGood(normalized, out)))) {
      for (FeatureVector vector : vectors) {
        reader.take(vector);
        leave();
      }
    } finally {
      // A stage that failed leaves the one before it waiting for a permit.
      over = true;
      permits.release(bound);
    }
  }

  private void pass(Source<Image> images, Source.Out<Image> out) throws InterruptedException {
    for (Image image : images) {
      permits.acquire();
      if (over) {
        throw new IllegalStateException("the pipeline has ended");
      }
      peak.accumulateAndGet(taken.incrementAndGet() - finished.get(), Math::max);
      out.send(image);
    }
  }

  private void passGood(Source<NormalizeResult> results, Source.Out<NormalizedImage> out)
      throws InterruptedException {
    for (NormalizeResult result : results) {
      if (result.hasRejection()) {
        rejections.add(result.getRejection());
        leave();
      } else {
        out.send(result.getImage());
      }
    }
  }

  private void leave() {
    finished.incrementAndGet();
    permits.release();
  }

  /** Returns how many images were taken from capture. */
  public int taken() {
    return taken.get();
  }

  /** Returns how many images are under way. */
  public int underWay() {
    return taken.get() - finished.get();
  }

  /** Returns how many images were under way at most. */
  public int peak() {
    return peak.get();
  }

  /** Returns the images that were refused. */
  public List<Rejection> rejections() {
    return List.copyOf(rejections);
  }
}
