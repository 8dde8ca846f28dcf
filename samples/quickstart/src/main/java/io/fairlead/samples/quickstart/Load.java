package io.fairlead.samples.quickstart;

import com.google.protobuf.ByteString;
import io.fairlead.samples.quickstart.vision.ClassifierAsync;
import io.fairlead.samples.quickstart.vision.Image;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/** A client that calls at a steady rate, whatever the answers do. */
final class Load implements AutoCloseable {
  static final int CALLS_PER_SECOND = 300;

  /** So many calls at a tenth of the rate first: fresh JVMs on a busy machine take a while. */
  private static final int WARM_UP = 30;

  private static final ByteString PIXELS = ByteString.copyFrom(new byte[256]);

  private final ClassifierAsync classifier;
  private final Stats stats;
  private final AtomicLong open = new AtomicLong();
  private final Thread thread = new Thread(this::run, "load");
  private volatile boolean stopped;

  Load(ClassifierAsync classifier, Stats stats) {
    this.classifier = classifier;
    this.stats = stats;
  }

  void start() {
    thread.start();
  }

  private void run() {
    long next = System.nanoTime();
    for (long number = 0; !stopped; number++) {
      call(number);
      next += (number < WARM_UP ? 10 : 1) * 1_000_000_000L / CALLS_PER_SECOND;
      LockSupport.parkNanos(next - System.nanoTime());
    }
  }

  private void call(long number) {
    Image image = Image.newBuilder().setNumber(number).setPixels(PIXELS).build();
    long sent = System.nanoTime();
    open.incrementAndGet();
    classifier
        .classify(image)
        .whenComplete(
            (label, failure) -> {
              open.decrementAndGet();
              if (failure == null) {
                stats.answered(label.getServedBy(), (System.nanoTime() - sent) / 1_000);
              } else {
                stats.failed(failure);
              }
            });
  }

  /** Ends the load and waits for the calls that are still open; each has a deadline. */
  @Override
  public void close() {
    stopped = true;
    try {
      thread.join();
      while (open.get() > 0) {
        Thread.sleep(10);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
