package io.fairlead.samples.scaling;

import io.fairlead.samples.scaling.photos.PhotosAsync;
import io.fairlead.samples.scaling.photos.ResizeRequest;
import io.fairlead.samples.scaling.photos.ShowRequest;
import io.fairlead.samples.scaling.photos.Slide;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Flow;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** A client: calls at a rate that changes, and two new streams a second, each of three seconds. */
final class Load implements AutoCloseable {
  static final int STREAMS_A_SECOND = 2;
  private static final int SLIDES = 15;

  private final PhotosAsync photos;
  private final Thread calls = new Thread(this::call, "calls");
  private final Thread streams = new Thread(this::stream, "streams");
  private volatile int rate;
  private volatile boolean stopped;

  /** Guarded by this object's lock, as all below. */
  private final Map<String, Integer> streamsOf = new HashMap<>();

  private long answered;
  private long failed;
  private long streamsEnded;
  private long streamsFailed;
  private long streamsBroken;
  private int open;
  private int slowest;
  private final long[] millis = new long[60_000];
  private final long[] millisBefore = new long[millis.length];

  /** Of calls that waited for the first instance. */
  private final long[] millisOfFirst = new long[millis.length];

  private @Nullable String killed;
  private @Nullable Throwable firstFailure;

  Load(PhotosAsync photos) {
    this.photos = photos;
  }

  void start(int callsPerSecond) {
    rate = callsPerSecond;
    calls.start();
    streams.start();
  }

  void rate(int callsPerSecond) {
    rate = callsPerSecond;
  }

  int rate() {
    return rate;
  }

  private void call() {
    long next = System.nanoTime();
    for (long number = 0; !stopped; number++) {
      long sent = System.nanoTime();
      begun(null);
      photos
          .resize(ResizeRequest.newBuilder().setNumber(number).build())
          .whenComplete(
              (photo, failure) -> ended((int) ((System.nanoTime() - sent) / 1_000_000), failure));
      next += 1_000_000_000L / rate;
      LockSupport.parkNanos(next - System.nanoTime());
    }
  }

  private void stream() {
    long next = System.nanoTime();
    while (!stopped) {
      begun(null);
      photos.show(ShowRequest.newBuilder().setSlides(SLIDES).build()).subscribe(new Viewer());
      next += 1_000_000_000L / STREAMS_A_SECOND;
      LockSupport.parkNanos(next - System.nanoTime());
    }
  }

  private synchronized void begun(@Nullable String instance) {
    if (instance == null) {
      open++;
    } else {
      streamsOf.merge(instance, 1, Integer::sum);
    }
  }

  private synchronized void ended(int took, @Nullable Throwable failure) {
    open--;
    if (failure == null) {
      answered++;
      millis[Math.min(took, millis.length - 1)]++;
      slowest = Math.max(slowest, took);
    } else {
      failed++;
      note(failure);
    }
  }

  private void note(Throwable failure) {
    if (firstFailure == null) {
      firstFailure = failure;
    }
  }

  private synchronized void streamEnded(
      @Nullable String instance, int slides, @Nullable Throwable failure) {
    open--;
    if (instance != null) {
      streamsOf.merge(instance, -1, Integer::sum);
    }
    if (failure == null && slides == SLIDES) {
      streamsEnded++;
    } else if (instance != null && instance.equals(killed)) {
      streamsBroken++; // no server can go on with what it has begun after kill -9
    } else {
      streamsFailed++;
      note(failure == null ? new IllegalStateException(slides + " slides came") : failure);
    }
  }

  /** Says which instance is about to be killed, and returns how many streams it has. */
  synchronized int killing(String instance) {
    killed = instance;
    return streamsOf.getOrDefault(instance, 0);
  }

  record Totals(
      long answered,
      long failed,
      long streamsEnded,
      long streamsFailed,
      long streamsBroken,
      int p99,
      int slowest,
      @Nullable Throwable firstFailure) {}

  synchronized Totals totals() {
    return new Totals(
        answered,
        failed,
        streamsEnded,
        streamsFailed,
        streamsBroken,
        p99(millis, millisOfFirst),
        slowest,
        firstFailure);
  }

  /** Leaves the calls until now out of the times: they waited for the first instance. */
  synchronized void hasFirstInstance() {
    System.arraycopy(millis, 0, millisOfFirst, 0, millis.length);
    slowest = 0;
  }

  /** The p99 in milliseconds of the calls since this was asked last. */
  synchronized int recentP99() {
    int p99 = p99(millis, millisBefore);
    System.arraycopy(millis, 0, millisBefore, 0, millis.length);
    return p99;
  }

  private static int p99(long[] now, long[] before) {
    long left = (Arrays.stream(now).sum() - Arrays.stream(before).sum()) * 99 / 100;
    for (int i = 0; i < now.length; i++) {
      left -= now[i] - before[i];
      if (left < 0) {
        return i;
      }
    }
    return 0;
  }

  /** Ends the load, and waits for the calls and streams that are under way; all have an end. */
  @Override
  public void close() {
    stopped = true;
    try {
      calls.join();
      streams.join();
      while (isOpen()) {
        Thread.sleep(20);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private synchronized boolean isOpen() {
    return open > 0;
  }

  /** Watches one stream to its end. */
  private final class Viewer implements Flow.Subscriber<Slide> {
    private @Nullable String instance;
    private int slides;

    @Override
    public void onSubscribe(Flow.Subscription subscription) {
      subscription.request(Long.MAX_VALUE);
    }

    @Override
    public void onNext(Slide slide) {
      slides++;
      if (instance == null) {
        instance = slide.getServedBy();
        begun(instance);
      }
    }

    @Override
    public void onError(Throwable failure) {
      streamEnded(instance, slides, failure);
    }

    @Override
    public void onComplete() {
      streamEnded(instance, slides, null);
    }
  }
}
