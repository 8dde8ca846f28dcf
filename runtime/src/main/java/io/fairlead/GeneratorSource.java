package io.fairlead;

import io.fairlead.internal.AbandonedSourceDetector;
import io.fairlead.internal.executor.EventLoops;
import io.fairlead.internal.executor.HandlerExecutor;
import io.fairlead.internal.executor.InterruptGuard;
import io.grpc.Context;
import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Runs a function that sends.
 *
 * <p>In a call, the function runs on the thread that carries the messages: the handler's in a
 * server, an extra one in a client. When it is read by code, an extra thread begins with the first
 * read, and a pipe connects the two. That thread does not hold the source, so a source that its
 * reader forgot is found and the function is interrupted.
 */
final class GeneratorSource<T> extends Source<T> {
  private final Generator<T> generator;

  /** The function at work; null before the first read. */
  private volatile @Nullable Run<T> run;

  private Cleaner.@Nullable Cleanable cleanable;
  private volatile boolean closed;

  GeneratorSource(Generator<T> generator) {
    this.generator = Objects.requireNonNull(generator, "generator");
  }

  @Override
  public void transferTo(Out<? super T> out) throws Exception {
    SourceClosed.check(closed, this);
    generator.generate(out::send);
  }

  @Override
  public @Nullable T read() {
    EventLoops.checkMayBlock("a read of a generator");
    SourceClosed.check(closed, this);
    Run<T> running = run != null ? run : start();
    try {
      T message = running.pipe.source().read();
      if (message == null) {
        release();
      }
      return message;
    } finally {
      // A parked read must not look like an abandoned source.
      Reference.reachabilityFence(this);
    }
  }

  private Run<T> start() {
    Run<T> started = new Run<>(generator);
    cleanable = AbandonedSourceDetector.watch(this, started);
    run = started;
    HandlerExecutor.shared().runStream(Context.current().wrap(started));
    return started;
  }

  private void release() {
    if (cleanable != null) {
      cleanable.clean();
    }
  }

  @Override
  public void close() {
    closed = true;
    Run<T> running = run;
    if (running != null) {
      running.stop();
    }
  }

  @Override
  public String toString() {
    return "Source.from(" + generator.getClass().getName() + ")";
  }

  /** The function at work on its extra thread. Does not know its source. */
  private static final class Run<T> implements Runnable, AbandonedSourceDetector.State {
    private final Generator<T> generator;
    private final Pipe<T> pipe = new Pipe<>(Pipe.DEFAULT_CAPACITY);
    private final InterruptGuard guard = new InterruptGuard();
    private volatile boolean over;

    Run(Generator<T> generator) {
      this.generator = generator;
    }

    @Override
    public void run() {
      if (!guard.enter()) {
        return;
      }
      try {
        generator.generate(pipe);
        pipe.complete();
      } catch (Throwable e) {
        pipe.fail(e);
      } finally {
        over = true;
        guard.exit();
      }
    }

    void stop() {
      over = true;
      pipe.source().close();
      guard.interrupt();
    }

    @Override
    public boolean isOver() {
      return over;
    }

    @Override
    public void closeAbandoned() {
      stop();
    }

    @Override
    public String toString() {
      return "Source.from(" + generator.getClass().getName() + ")";
    }
  }
}
