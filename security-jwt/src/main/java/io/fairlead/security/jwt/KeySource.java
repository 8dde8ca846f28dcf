package io.fairlead.security.jwt;

import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads the keys of one issuer ahead of time, and keeps them through an outage of the issuer.
 *
 * <p>Calls read {@link #current}, one volatile field. A call whose key is not in it may {@link
 * #await} the next reading; all of them share it. Readings that calls ask for begin at most once in
 * {@link Settings#minInterval}, so that made-up key ids do not become requests to the issuer, and
 * at most {@link #MAX_WAITING} calls wait.
 *
 * <p>The lock guards the plan: what is under way, what is next, who waits. Nobody else's code runs
 * under it. Readings begin and end on the scheduler, which is one thread.
 */
final class KeySource {
  static final Duration MIN_INTERVAL = Duration.ofSeconds(10);
  static final int MAX_WAITING = 1_000;

  private static final Duration FIRST_BACKOFF = Duration.ofSeconds(1);
  private static final Duration MAX_BACKOFF = Duration.ofMinutes(1);
  private static final System.Logger LOG = System.getLogger(KeySource.class.getName());

  private final TokenIssuer issuer;
  private final Supplier<CompletableFuture<String>> fetcher;
  private final Settings settings;
  private final ScheduledExecutorService scheduler;
  private final LongSupplier ticker;
  private final DoubleSupplier random;

  private volatile @Nullable KeySet keys;

  /** Why the last reading failed; null after one that did not. */
  private volatile @Nullable String failure;

  private final Object lock = new Object();
  private final Set<Waiter> waiting = new LinkedHashSet<>();
  private boolean closed;
  private @Nullable CompletableFuture<String> underWay;
  private @Nullable ScheduledFuture<?> next;
  private long nextNanos;
  private long lastStartNanos;
  private int failures;

  /**
   * How a source reads.
   *
   * @param refresh time between two readings
   * @param minInterval time between two readings that calls ask for, at least
   * @param keepStale how old keys may become when they cannot be read
   * @param timeout of one reading, the whole of it
   */
  record Settings(
      Duration refresh,
      Duration minInterval,
      Duration keepStale,
      Duration timeout,
      int cachedTokens) {}

  /** Why a call cannot wait for the next reading. */
  enum Refusal {
    CLOSED,
    TOO_MANY_WAIT,
    DEADLINE_TOO_NEAR
  }

  KeySource(
      TokenIssuer issuer,
      Supplier<CompletableFuture<String>> fetcher,
      Settings settings,
      ScheduledExecutorService scheduler,
      LongSupplier ticker,
      DoubleSupplier random) {
    this.issuer = issuer;
    this.fetcher = fetcher;
    this.settings = settings;
    this.scheduler = scheduler;
    this.ticker = ticker;
    this.random = random;
    this.lastStartNanos = ticker.getAsLong() - settings.minInterval().toNanos();
  }

  /** Begins to read; once. */
  void start() {
    synchronized (lock) {
      plan(0);
    }
  }

  TokenIssuer issuer() {
    return issuer;
  }

  /** Returns the keys; null before the first reading, and when they are too old to be trusted. */
  @Nullable KeySet current() {
    KeySet known = keys;
    return known == null || ticker.getAsLong() - known.readNanos() > settings.keepStale().toNanos()
        ? null
        : known;
  }

  /** Returns why the last reading failed; null if it did not. */
  @Nullable String failure() {
    return failure;
  }

  KeyStatus status() {
    KeySet known = keys;
    return new KeyStatus(
        issuer.name(),
        known == null ? 0 : known.all().size(),
        known == null ? null : Duration.ofNanos(ticker.getAsLong() - known.readNanos()),
        current() != null,
        failure);
  }

  /**
   * Puts a future into {@code into} that becomes true with the end of the next reading, whether it
   * succeeds or not. Whoever completes it before leaves the queue.
   *
   * @param budgetNanos how long the call can wait for the reading to begin
   * @return null if it waits
   */
  @SuppressWarnings("FutureReturnValueIgnored") // leaving the queue does not fail
  @Nullable Refusal await(long budgetNanos, CompletableFuture<Boolean> into) {
    Waiter waiter = new Waiter(into);
    synchronized (lock) {
      if (closed) {
        return Refusal.CLOSED;
      }
      if (waiting.size() >= MAX_WAITING) {
        return Refusal.TOO_MANY_WAIT;
      }
      if (underWay == null) {
        long delay =
            Math.max(0, lastStartNanos + settings.minInterval().toNanos() - ticker.getAsLong());
        if (delay >= budgetNanos) {
          return Refusal.DEADLINE_TOO_NEAR;
        }
        plan(delay);
      }
      waiting.add(waiter);
    }
    into.whenComplete((read, failed) -> leave(waiter));
    return null;
  }

  /** Returns whether a reading is under way; its response may be older than what a call brings. */
  boolean isReading() {
    synchronized (lock) {
      return underWay != null;
    }
  }

  /** Returns whether a call need not wait for a reading to begin. */
  boolean readsNow() {
    synchronized (lock) {
      return !closed
          && (underWay != null
              || ticker.getAsLong() - lastStartNanos >= settings.minInterval().toNanos());
    }
  }

  private void leave(Waiter waiter) {
    synchronized (lock) {
      waiting.remove(waiter);
    }
  }

  int waiting() {
    synchronized (lock) {
      return waiting.size();
    }
  }

  void close() {
    CompletableFuture<String> cut;
    synchronized (lock) {
      closed = true;
      cut = underWay;
      if (next != null) {
        next.cancel(false);
      }
    }
    if (cut != null) {
      cut.cancel(true);
    }
    release();
  }

  /** Plans the next reading, unless an earlier one is planned. Under the lock. */
  private void plan(long delayNanos) {
    long due = ticker.getAsLong() + delayNanos;
    if (next != null) {
      if (nextNanos - due <= 0) {
        return;
      }
      next.cancel(false);
    }
    nextNanos = due;
    next = scheduler.schedule(this::read, delayNanos, TimeUnit.NANOSECONDS);
  }

  /** Reads the keys. On the scheduler. */
  @SuppressWarnings("FutureReturnValueIgnored") // ended() hears of both ends
  private void read() {
    synchronized (lock) {
      next = null;
      if (closed || underWay != null) {
        return;
      }
      lastStartNanos = ticker.getAsLong();
      underWay = new CompletableFuture<>();
    }
    CompletableFuture<String> response;
    try {
      response = fetcher.get();
    } catch (RuntimeException e) {
      response = CompletableFuture.failedFuture(e);
    }
    CompletableFuture<String> reading = response;
    synchronized (lock) {
      underWay = reading;
      if (closed) {
        reading.cancel(true);
      }
    }
    ScheduledFuture<?> timeout =
        scheduler.schedule(
            () -> reading.completeExceptionally(new KeyReadException(noResponse())),
            settings.timeout().toNanos(),
            TimeUnit.NANOSECONDS);
    reading.whenComplete(
        (body, failed) -> {
          timeout.cancel(false);
          try {
            scheduler.execute(() -> ended(body, failed));
          } catch (RejectedExecutionException closing) {
            // Whoever waits was released by close().
          }
        });
  }

  private String noResponse() {
    return "no response within " + settings.timeout().toMillis() + " ms";
  }

  /** On the scheduler. */
  private void ended(@Nullable String body, @Nullable Throwable failed) {
    String why;
    try {
      why = body == null ? describe(failed) : accept(body);
    } catch (KeyReadException e) {
      why = e.getMessage();
    }
    failure = why;
    synchronized (lock) {
      underWay = null;
      boolean first = failures == 0;
      failures = why == null ? 0 : failures + 1;
      if (why != null && first) {
        LOG.log(Level.WARNING, failureText(why));
      }
      if (!closed) {
        plan(why == null ? refreshNanos() : backoffNanos());
      }
    }
    release();
  }

  private String failureText(String why) {
    KeySet known = keys;
    return "the keys of "
        + issuer.name()
        + " cannot be read from "
        + issuer.keys()
        + ": "
        + why
        + (known == null
            ? "; calls with its tokens get UNAVAILABLE until they are read"
            : "; the keys that are known stay in use until they are "
                + settings.keepStale().toMinutes()
                + " minutes old");
  }

  /** Takes the keys over; returns null. */
  private @Nullable String accept(String body) throws KeyReadException {
    KeySet known = keys;
    KeySet read = KeySet.parse(body, settings.cachedTokens(), ticker.getAsLong()).after(known);
    keys = read;
    if (known == null || known.tokens() != read.tokens() || failure != null) {
      LOG.log(
          Level.INFO,
          "read "
              + read.all().size()
              + (read.all().size() == 1 ? " key of " : " keys of ")
              + issuer.name());
    }
    return null;
  }

  private static String describe(@Nullable Throwable failed) {
    Throwable cause = failed;
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    if (cause instanceof KeyReadException) {
      return String.valueOf(cause.getMessage());
    }
    return String.valueOf(cause);
  }

  /** Earlier by up to a tenth, so that many servers do not ask at the same time. */
  private long refreshNanos() {
    return (long) (settings.refresh().toNanos() * (1 - 0.1 * random.getAsDouble()));
  }

  /** Without keys the server waits for them; with keys there is time. */
  private long backoffNanos() {
    Duration first = keys == null ? FIRST_BACKOFF : settings.minInterval();
    Duration most = keys == null ? settings.minInterval() : MAX_BACKOFF;
    long nanos = first.toNanos() << Math.min(failures - 1, 10);
    return (long) (Math.min(nanos, most.toNanos()) * (1 - 0.1 * random.getAsDouble()));
  }

  /** Lets all go on that wait. */
  private void release() {
    List<Waiter> all;
    synchronized (lock) {
      all = new ArrayList<>(waiting);
      waiting.clear();
    }
    all.forEach(each -> each.reading.complete(true));
  }

  /** One call in the queue; equal to itself alone. */
  private static final class Waiter {
    private final CompletableFuture<Boolean> reading;

    Waiter(CompletableFuture<Boolean> reading) {
      this.reading = reading;
    }
  }
}
