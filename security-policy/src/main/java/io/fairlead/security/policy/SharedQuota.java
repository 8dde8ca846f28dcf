package io.fairlead.security.policy;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A number of calls that each key may make in a window of time, shared by all servers.
 *
 * <pre>{@code
 * SharedQuota quota =
 *     SharedQuota.builder("tenants", registry::take) // an EtcdRegistry
 *         .calls(10_000)
 *         .per(Duration.ofMinutes(1))
 *         .block(100)
 *         .build();
 * RpcServer.builder("inventory").intercept(RateLimit.perCaller(quota))
 * }</pre>
 *
 * <p>Each server takes blocks of calls from the shared count, ahead of the calls, and decides on
 * calls alone. No call waits for the store. A server may run ahead of what it has taken by one
 * block for each key and window. So with S servers at least {@code calls - (S - 1) * block} and at
 * most {@code calls + S * block} calls of a key are served in a window before one is refused for
 * good. While the store cannot be reached, each server serves one block for each key and window.
 *
 * <p>Windows begin at multiples of their length since 1970, by the clock of each server. Servers of
 * one process share the quota by sharing the object. Safe for use by many threads.
 *
 * <p>Whoever can make keys up must not use up the store. A server asks it for a key that has used a
 * quarter of a block, and for at most 100 keys in a second that had no part of the count in this
 * window or the one before. At most 64 requests are under way, 32 when such a key asks. The last
 * 100,000 keys are known.
 */
public final class SharedQuota {
  private static final System.Logger LOG = System.getLogger(SharedQuota.class.getName());
  private static final int MAX_KEYS = 100_000;

  /** Requests to the store at once. */
  private static final int MAX_ASKED = 64;

  /** Requests at once with which a new key may still ask: the other places are for known keys. */
  private static final int MAX_ASKED_FOR_NEW = MAX_ASKED / 2;

  /** Each makes a key and a lease in the store. Those above wait for their next call. */
  private static final int NEW_KEYS_PER_SECOND = 100;

  /** After a failure of the store, for each key. */
  private static final long ASK_AGAIN_MILLIS = 1_000;

  /** Where the count of all servers is kept. */
  @FunctionalInterface
  public interface Store {
    /**
     * Takes a part of a count, ahead of use. It does not block.
     *
     * @param counter the name of the count
     * @param amount what is wanted
     * @param limit what all servers may take together
     * @param keep how long the count is needed
     * @return what was taken, less than the amount if the limit is reached
     */
    CompletionStage<Long> take(String counter, long amount, long limit, Duration keep);
  }

  private final String name;
  private final Store store;
  private final long calls;
  private final Duration window;
  private final long block;
  private final LongSupplier millis;
  private final TokenBuckets newKeys;
  private final KeyTable<Share> shares = new KeyTable<>(MAX_KEYS, Share::new);
  private final AtomicInteger asked = new AtomicInteger();
  private final AtomicBoolean away = new AtomicBoolean();

  private SharedQuota(Builder builder, Duration window, LongSupplier millis, LongSupplier ticker) {
    this.name = builder.name;
    this.store = builder.store;
    this.calls = builder.calls;
    this.window = window;
    this.block = builder.block == 0 ? Math.max(1, builder.calls / 100) : builder.block;
    this.millis = millis;
    this.newKeys = new TokenBuckets(NEW_KEYS_PER_SECOND, NEW_KEYS_PER_SECOND, 1, ticker);
  }

  /**
   * Returns a builder.
   *
   * @param name of the quota; servers that give the same name share it
   * @param store that all of them reach, such as {@code registry::take} of an {@code EtcdRegistry}
   */
  public static Builder builder(String name, Store store) {
    return new Builder(name, store);
  }

  /** Returns how many calls each key may make in a window. */
  public long calls() {
    return calls;
  }

  /** Returns the length of a window. */
  public Duration window() {
    return window;
  }

  /** Returns how many calls a server takes from the count at once. */
  public long block() {
    return block;
  }

  /** Takes a call of this key; returns 0, or the nanoseconds after which to try again. */
  long take(String key) {
    Share share = shares.get(key);
    Share.Decision decision = share.decide();
    if (decision.ask > 0) {
      if (hasPlace(decision.known)) {
        ask(key, share, decision.number, decision.ask);
      } else {
        share.notAsked(decision.number);
      }
    }
    return decision.served ? 0 : TimeUnit.MILLISECONDS.toNanos(decision.waitMillis);
  }

  /** Takes a place among the requests that are under way, if there is one for such a key. */
  private boolean hasPlace(boolean known) {
    if (asked.incrementAndGet() <= (known ? MAX_ASKED : MAX_ASKED_FOR_NEW)
        && (known || newKeys.take("") == 0)) {
      return true;
    }
    asked.decrementAndGet();
    return false;
  }

  private void ask(String key, Share share, long number, long amount) {
    CompletionStage<Long> answer;
    try {
      answer = store.take(name + ":" + number + ":" + key, amount, calls, window.multipliedBy(2));
    } catch (RuntimeException e) {
      asked.decrementAndGet();
      failed(share, number, e);
      return;
    }
    var unused =
        answer.whenComplete(
            (granted, thrown) -> {
              asked.decrementAndGet();
              if (thrown != null) {
                failed(share, number, thrown);
              } else {
                share.granted(number, granted, amount);
                if (away.compareAndSet(true, false)) {
                  LOG.log(Level.INFO, "{0}: the count of all servers is reached again", this);
                }
              }
            });
  }

  private void failed(Share share, long number, Throwable thrown) {
    share.failed(number);
    if (away.compareAndSet(false, true)) {
      LOG.log(
          Level.WARNING,
          "{0}: the count of all servers cannot be reached; this server serves {1} calls of a key"
              + " in a window: {2}",
          this,
          block,
          thrown.getMessage());
    }
  }

  @Override
  public String toString() {
    return "SharedQuota["
        + name
        + ": "
        + calls
        + " calls in "
        + window
        + ", in blocks of "
        + block
        + "]";
  }

  /** What this server has of one key in the present window. Any thread, under its own lock. */
  private final class Share {
    /**
     * What was decided.
     *
     * @param waitMillis after which to try again, if it is not served
     * @param ask how much to take from the store now, or 0
     * @param number of the window to take it from
     * @param known whether the store has answered for this key lately
     */
    private record Decision(
        boolean served, long waitMillis, long ask, long number, boolean known) {}

    @GuardedBy("this")
    private long number = Long.MIN_VALUE;

    /** Calls that may still be served; below zero for calls that ran ahead. */
    @GuardedBy("this")
    private long left;

    @GuardedBy("this")
    private boolean asking;

    /** The store has nothing more in this window. */
    @GuardedBy("this")
    private boolean exhausted;

    @GuardedBy("this")
    private long askAgainMillis;

    /** The last window for which the store has answered. */
    @GuardedBy("this")
    private long answered = Long.MIN_VALUE;

    /**
     * Reads the clock under the lock, so that no thread comes with the time of a window that others
     * have left. A clock that is set back by less than a window stays in the later one.
     */
    synchronized Decision decide() {
      long now = millis.getAsLong();
      long present = Math.floorDiv(now, window.toMillis());
      if (present > number || present < number - 1) {
        number = present;
        left = 0;
        asking = false;
        exhausted = false;
        askAgainMillis = 0;
      }
      boolean served = exhausted ? left > 0 : left > -block;
      if (served) {
        left--;
      }
      // The first calls of a window run ahead: a key of few calls is not worth a lease.
      boolean due = answered == number ? 2 * left < block : 4 * left <= -block;
      boolean ask = !asking && !exhausted && due && now >= askAgainMillis;
      asking |= ask;
      long wait = (number + 1) * window.toMillis() - now;
      return new Decision(
          served,
          exhausted ? wait : Math.min(wait, ASK_AGAIN_MILLIS),
          ask ? block - left : 0,
          number,
          answered == number || answered == number - 1);
    }

    /** The next call asks. */
    synchronized void notAsked(long of) {
      if (of == number) {
        asking = false;
      }
    }

    synchronized void granted(long of, long granted, long asked) {
      answered = of;
      if (of == number) {
        left += granted;
        asking = false;
        exhausted = granted < asked;
      }
    }

    synchronized void failed(long of) {
      if (of == number) {
        asking = false;
        askAgainMillis = millis.getAsLong() + ASK_AGAIN_MILLIS;
      }
    }
  }

  /** Collects what a quota is to be. Not safe for use by many threads. */
  public static final class Builder {
    private final String name;
    private final Store store;
    private long calls;
    private @Nullable Duration window;
    private long block;

    private Builder(String name, Store store) {
      this.name = Objects.requireNonNull(name, "name");
      this.store = Objects.requireNonNull(store, "store");
    }

    /** Sets how many calls each key may make in a window, on all servers together. */
    public Builder calls(long calls) {
      if (calls < 1) {
        throw new IllegalArgumentException(
            "the quota " + name + " has " + calls + " calls; use 1 or more");
      }
      this.calls = calls;
      return this;
    }

    /** Sets the length of a window: 1s to one day. */
    public Builder per(Duration window) {
      if (window.compareTo(Duration.ofSeconds(1)) < 0 || window.compareTo(Duration.ofDays(1)) > 0) {
        throw new IllegalArgumentException(
            "the quota " + name + " has a window of " + window + "; use 1s to one day");
      }
      this.window = window;
      return this;
    }

    /**
     * Sets how many calls a server takes from the count at once: more means fewer writes to the
     * store, and a larger error. Default: a hundredth of the calls.
     */
    public Builder block(long calls) {
      if (calls < 1) {
        throw new IllegalArgumentException(
            "the quota " + name + " has a block of " + calls + "; use 1 or more");
      }
      this.block = calls;
      return this;
    }

    /** Returns the quota. */
    public SharedQuota build() {
      return build(System::currentTimeMillis, System::nanoTime);
    }

    /** With the time of a test. */
    SharedQuota build(LongSupplier millis, LongSupplier ticker) {
      if (calls == 0 || window == null) {
        throw new IllegalStateException(
            "the quota " + name + " needs calls(...) and per(...), such as 10,000 in a minute");
      }
      if (block > calls) {
        throw new IllegalStateException(
            "the quota "
                + name
                + " has a block of "
                + block
                + ", and "
                + calls
                + " calls in all; use a part of them");
      }
      return new SharedQuota(this, window, millis, ticker);
    }
  }
}
