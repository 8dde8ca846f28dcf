package io.fairlead.security.policy;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.lang.System.Logger.Level;
import java.time.Clock;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
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
 * RpcServer.builder("inventory").intercept(RateLimit.perHeader("x-tenant", quota))
 * }</pre>
 *
 * <p>Each server takes blocks of calls from the shared count, ahead of the calls, and decides on
 * calls alone. No call waits for the store. A server may run ahead of what it has taken by one
 * block for each key and window. So with S servers at least {@code calls - (S - 1) * block} and at
 * most {@code calls + S * block} calls of a key are served in a window before one is refused for
 * good. While the store cannot be reached, each server serves one block for each key and window.
 *
 * <p>Windows begin at multiples of their length since 1970, by the clock of each server. At most 64
 * requests to the store are under way, and the last 100,000 keys are known. Safe for use by many
 * threads. Servers of one process share it by sharing the object.
 */
public final class SharedQuota {
  private static final System.Logger LOG = System.getLogger(SharedQuota.class.getName());
  private static final int MAX_KEYS = 100_000;

  /** Requests to the store at once: whoever makes keys up is not to flood it. */
  private static final int MAX_ASKED = 64;

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
  private final Clock clock;
  private final KeyTable<Share> shares = new KeyTable<>(MAX_KEYS, Share::new);
  private final AtomicInteger asked = new AtomicInteger();
  private final AtomicBoolean away = new AtomicBoolean();

  private SharedQuota(Builder builder, Duration window, Clock clock) {
    this.name = builder.name;
    this.store = builder.store;
    this.calls = builder.calls;
    this.window = window;
    this.block = builder.block == 0 ? Math.max(1, builder.calls / 100) : builder.block;
    this.clock = clock;
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
    long now = clock.millis();
    long number = Math.floorDiv(now, window.toMillis());
    Share.Decision decision = share.decide(number, now);
    if (decision.ask > 0) {
      ask(key, share, number, decision.ask);
    }
    if (decision.served) {
      return 0;
    }
    long left = (number + 1) * window.toMillis() - now;
    return TimeUnit.MILLISECONDS.toNanos(
        decision.forGood ? left : Math.min(left, ASK_AGAIN_MILLIS));
  }

  private void ask(String key, Share share, long number, long amount) {
    if (asked.incrementAndGet() > MAX_ASKED) {
      asked.decrementAndGet();
      share.failed(number, clock.millis());
      return;
    }
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
    share.failed(number, clock.millis());
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
     * @param ask how much to take from the store now, or 0
     * @param forGood whether nothing is left in this window
     */
    private record Decision(boolean served, long ask, boolean forGood) {}

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

    synchronized Decision decide(long present, long now) {
      if (present != number) {
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
      boolean ask = !asking && !exhausted && 2 * left < block && now >= askAgainMillis;
      asking |= ask;
      return new Decision(served, ask ? block - left : 0, exhausted);
    }

    synchronized void granted(long of, long granted, long asked) {
      if (of == number) {
        left += granted;
        asking = false;
        exhausted = granted < asked;
      }
    }

    synchronized void failed(long of, long now) {
      if (of == number) {
        asking = false;
        askAgainMillis = now + ASK_AGAIN_MILLIS;
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
      return build(Clock.systemUTC());
    }

    /** With the time of a test. */
    SharedQuota build(Clock clock) {
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
      return new SharedQuota(this, window, clock);
    }
  }
}
