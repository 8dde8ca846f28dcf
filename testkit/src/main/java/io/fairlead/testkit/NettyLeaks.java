package io.fairlead.testkit;

import io.netty.util.ResourceLeakDetector;
import io.netty.util.ResourceLeakDetectorFactory;
import io.netty.util.ResourceLeakTracker;
import java.lang.ref.PhantomReference;
import java.lang.ref.ReferenceQueue;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;

/** The leaks that Netty's detectors have reported in this JVM. */
final class NettyLeaks {
  private static final Duration COLLECTION_LIMIT = Duration.ofSeconds(60);
  private static final Queue<String> REPORTS = new ConcurrentLinkedQueue<>();
  private static final List<Detector<?>> DETECTORS = new CopyOnWriteArrayList<>();
  private static boolean watching;

  private NettyLeaks() {}

  /** Must come before Netty's buffer classes are loaded, as they ask the factory only once. */
  static synchronized void watch() {
    if (!watching) {
      watching = true;
      ResourceLeakDetectorFactory.setResourceLeakDetectorFactory(new Factory());
    }
  }

  static void failIfAny() {
    collectGarbage();
    // References found by one collection are queued in any order; the next one's come after all.
    collectGarbage();
    DETECTORS.forEach(NettyLeaks::forceDetection);
    List<String> found = new ArrayList<>();
    for (String report = REPORTS.poll(); report != null; report = REPORTS.poll()) {
      found.add(report);
    }
    if (!found.isEmpty()) {
      throw new AssertionError(
          found.size()
              + (found.size() == 1 ? " leaked buffer" : " leaked buffers")
              + ": dropped without release(). -Dnetty.leak.records=4 shows the last accesses too.\n"
              + String.join("\n", found));
    }
  }

  /** A detector looks through its queue of lost buffers only when a new one is handed to it. */
  private static <T> void forceDetection(Detector<T> detector) {
    @SuppressWarnings("unchecked") // the object is only a key and never used as a T
    T probe = (T) new Object();
    ResourceLeakTracker<T> tracker = detector.trackForcibly(probe);
    if (tracker != null) {
      tracker.close(probe);
    }
  }

  /** The frames of JUnit and of reflection would bury the ones that matter. */
  private static String withoutTestMachinery(String records) {
    return records
        .lines()
        .filter(line -> !line.startsWith("\torg.junit.") && !line.startsWith("\tjava.base/"))
        .filter(line -> !line.startsWith("\torg.apache.maven.surefire."))
        .collect(Collectors.joining("\n"));
  }

  /** Returns when a collection has run and its references are in their queues. */
  private static void collectGarbage() {
    ReferenceQueue<Object> queue = new ReferenceQueue<>();
    PhantomReference<Object> canary = new PhantomReference<>(new Object(), queue);
    long end = System.nanoTime() + COLLECTION_LIMIT.toNanos();
    try {
      do {
        System.gc();
      } while (queue.remove(100) != canary && System.nanoTime() - end < 0);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static final class Factory extends ResourceLeakDetectorFactory {
    @Override
    @SuppressWarnings("deprecation") // abstract in Netty, so it must be here
    public <T> ResourceLeakDetector<T> newResourceLeakDetector(
        Class<T> resource, int samplingInterval, long maxActive) {
      return newResourceLeakDetector(resource, samplingInterval);
    }

    @Override
    public <T> ResourceLeakDetector<T> newResourceLeakDetector(
        Class<T> resource, int samplingInterval) {
      Detector<T> detector = new Detector<>(resource, samplingInterval);
      DETECTORS.add(detector);
      return detector;
    }
  }

  private static final class Detector<T> extends ResourceLeakDetector<T> {
    Detector(Class<T> resource, int samplingInterval) {
      super(resource, samplingInterval);
    }

    @Override
    protected boolean needReport() {
      return true;
    }

    @Override
    protected void reportTracedLeak(String resourceType, String records) {
      REPORTS.add(resourceType + withoutTestMachinery(records));
    }

    @Override
    protected void reportUntracedLeak(String resourceType) {
      REPORTS.add(resourceType + " (no access recorded)");
    }
  }
}
