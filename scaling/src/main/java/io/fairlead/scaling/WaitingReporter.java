package io.fairlead.scaling;

import io.fairlead.discovery.Registry;
import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ClientStreamTracer;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.lang.System.Logger.Level;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes known how many calls of this process wait because no instance of a service takes them. A
 * {@link ServiceLoadView} counts them as load, so that a service may have no instance at all.
 *
 * <pre>{@code
 * WaitingReporter waiting = WaitingReporter.builder().open(registry, "inventory");
 * RpcChannel channel =
 *     RpcChannel.to("etcd:///inventory").registry(registry).intercept(waiting).build();
 * }</pre>
 *
 * <p>Calls wait if they are to, by {@code waitForReady} of their policy or settings; others fail at
 * once and are not counted. The report is an entry in the registry, which is there only while calls
 * wait, and goes with its process. It is written at most once a second, and only if a number has
 * changed by more than a quarter. The first one is written once calls have waited for 200 ms, as
 * every new connection lets a call wait for a moment.
 *
 * <p>Safe for use by many threads and channels of one service. The code that opens it closes it,
 * before the registry. It has a thread only while calls wait.
 */
public final class WaitingReporter implements ClientInterceptor, AutoCloseable {
  /** How many calls wait now. */
  static final String CALLS = "calls";

  /** How many calls began to wait, each second. */
  static final String PER_SECOND = "per-second";

  /** In the headers of a call that has waited, so that its server does not count it once more. */
  static final Metadata.Key<String> WAITED =
      Metadata.Key.of("fairlead-waited", Metadata.ASCII_STRING_MARSHALLER);

  private static final System.Logger LOG = System.getLogger("io.fairlead.scaling");
  private static final ClientStreamTracer FAILS_AT_ONCE = new ClientStreamTracer() {};
  private static final long PATIENCE_MILLIS = 200;
  private static final long INTERVAL_MILLIS = 1_000;

  /** By which share a number has to change before it is written again. */
  private static final double CHANGE = 0.25;

  private final RegistryNote note;
  private final ScheduledExecutorService timer;
  private final LongSupplier ticker;
  private final Tracers tracers = new Tracers();

  private final AtomicInteger waiting = new AtomicInteger();
  private final LongAdder begun = new LongAdder();

  /** Calls that ended while they waited. */
  private final LongAdder inVain = new LongAdder();

  /** Whether the timer looks at the numbers. */
  private final AtomicBoolean looking = new AtomicBoolean();

  // The rest is used by the task of the timer alone, which never runs twice at once.
  private long begunBefore;
  private long inVainBefore;
  private long lookedAt;
  private int written;
  private double writtenPerSecond;

  /** Whether the registry has been told of calls that wait. */
  private volatile boolean reported;

  private volatile boolean closed;

  /** The last options that came, and what became of them: most calls come with the same ones. */
  private volatile @Nullable Prepared last;

  private record Prepared(CallOptions given, CallOptions traced) {}

  private WaitingReporter(RegistryNote note, ScheduledExecutorService timer, LongSupplier ticker) {
    this.note = note;
    this.timer = timer;
    this.ticker = ticker;
  }

  /** Starts to describe a reporter. */
  public static Builder builder() {
    return new Builder();
  }

  /** Returns how many calls wait now. */
  public int waiting() {
    return waiting.get();
  }

  @Override
  public <Q, R> ClientCall<Q, R> interceptCall(
      MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
    Prepared seen = last;
    if (seen == null || seen.given != options) {
      seen = new Prepared(options, options.withStreamTracerFactory(tracers));
      last = seen;
    }
    return next.newCall(method, seen.traced);
  }

  private void callWaits() {
    begun.increment();
    waiting.incrementAndGet();
    look(PATIENCE_MILLIS);
  }

  private void look(long delayMillis) {
    if (!closed && looking.compareAndSet(false, true)) {
      lookAgain(delayMillis);
    }
  }

  private void lookAgain(long delayMillis) {
    try {
      // A task that fails is logged by itself.
      ScheduledFuture<?> unused = timer.schedule(this::report, delayMillis, TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      LOG.log(Level.DEBUG, "closed meanwhile", e);
    }
  }

  /** On the timer. */
  private void report() {
    try {
      if (update()) {
        lookAgain(INTERVAL_MILLIS);
        return;
      }
    } catch (RuntimeException e) {
      LOG.log(Level.WARNING, note + ": how many calls wait cannot be reported", e);
    }
    looking.set(false);
    // One may have begun to wait since, and have found that the timer looks.
    if (waiting.get() > 0) {
      look(INTERVAL_MILLIS);
    }
  }

  /** Writes what there is; returns false if no call waits any more. */
  private boolean update() {
    int calls = waiting.get();
    long sinceBegin = begun.sum();
    long sinceInVain = inVain.sum();
    long now = ticker.getAsLong();
    double seconds = Math.max(INTERVAL_MILLIS / 1e3, note.isThere() ? (now - lookedAt) / 1e9 : 0);
    double perSecond = (sinceBegin - begunBefore) / seconds;
    // Those that have given up had no instance either.
    boolean unserved = calls > 0 || sinceInVain > inVainBefore;
    begunBefore = sinceBegin;
    inVainBefore = sinceInVain;
    lookedAt = now;
    reported = unserved && !closed;
    if (!unserved) {
      note.remove();
      return false;
    }
    if (!note.isThere() || differ(calls, written) || differ(perSecond, writtenPerSecond)) {
      written = calls;
      writtenPerSecond = perSecond;
      note.put(
          Map.of(
              CALLS,
              Integer.toString(calls),
              PER_SECOND,
              String.format(Locale.ROOT, "%.2f", perSecond)));
    }
    return true;
  }

  private static boolean differ(double now, double before) {
    return Math.abs(now - before) > CHANGE * Math.max(now, before);
  }

  /** Takes the report out of the registry. Calls that go on to wait are not reported any more. */
  @Override
  public void close() {
    closed = true;
    reported = false;
    timer.shutdownNow();
    note.close();
  }

  @Override
  public String toString() {
    return "WaitingReporter[" + note + "]";
  }

  private final class Tracers extends ClientStreamTracer.Factory {
    @Override
    public ClientStreamTracer newClientStreamTracer(
        ClientStreamTracer.StreamInfo info, Metadata headers) {
      // Others fail as soon as it is known that there is no instance.
      return info.getCallOptions().isWaitForReady() ? new Tracer() : FAILS_AT_ONCE;
    }
  }

  /** One attempt of a call. It is told in order, by whichever thread moves the attempt on. */
  private final class Tracer extends ClientStreamTracer {
    private final AtomicBoolean waits = new AtomicBoolean();

    /** There is no connection for it. */
    @Override
    public void createPendingStream() {
      waits.set(true);
      callWaits();
    }

    /** It has one; what is put into the headers here is sent. */
    @Override
    public void streamCreated(Attributes transport, Metadata headers) {
      if (waits.compareAndSet(true, false)) {
        waiting.decrementAndGet();
        if (reported) {
          headers.put(WAITED, "1");
        }
      }
    }

    @Override
    public void streamClosed(Status status) {
      if (waits.compareAndSet(true, false)) {
        waiting.decrementAndGet();
        inVain.increment();
      }
    }
  }

  /** Collects what a reporter is to be. Not safe for use by several threads. */
  public static final class Builder {
    private String id = RegistryNote.processId();
    private @Nullable ScheduledExecutorService timer;
    private LongSupplier ticker = System::nanoTime;

    private Builder() {}

    /**
     * Sets the name of this process in the report, which no other process may have. Default: its
     * number and a random one.
     */
    public Builder id(String value) {
      if (value.isBlank()) {
        throw new IllegalArgumentException(
            "the id of a reporter is empty; use the id of the instance, such as \"checkout-1\"");
      }
      id = value;
      return this;
    }

    /** For tests: the time. */
    Builder time(ScheduledExecutorService scheduler, LongSupplier nanos) {
      timer = scheduler;
      ticker = nanos;
      return this;
    }

    /** Opens a reporter of calls to a service. The registry stays the caller's. */
    public WaitingReporter open(Registry registry, String service) {
      Objects.requireNonNull(registry, "registry");
      return new WaitingReporter(
          new RegistryNote(registry, RegistryNote.WAITING + service, id),
          timer == null ? timer(service) : timer,
          ticker);
    }

    private static ScheduledExecutorService timer(String service) {
      ScheduledThreadPoolExecutor executor =
          new ScheduledThreadPoolExecutor(
              1,
              task -> {
                Thread thread = new Thread(task, "fairlead-waiting-" + service);
                thread.setDaemon(true);
                return thread;
              });
      executor.setKeepAliveTime(5, TimeUnit.SECONDS);
      executor.allowCoreThreadTimeOut(true);
      return executor;
    }
  }
}
