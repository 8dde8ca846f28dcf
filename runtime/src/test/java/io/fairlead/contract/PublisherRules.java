package io.fairlead.contract;

import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.opentest4j.TestAbortedException;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;
import org.reactivestreams.tck.PublisherVerification;
import org.reactivestreams.tck.TestEnvironment;
import org.testng.SkipException;

/**
 * The required rules of Reactive Streams as JUnit's own tests. The kit's checks are methods that
 * need nothing of TestNG's engine, so that one engine runs and one report counts.
 */
public final class PublisherRules {
  /**
   * The kit collects garbage once, and waits for a tenth of a second. A busy machine needs longer,
   * and the rule says "eventually", so it is checked here.
   */
  private static final String FORGETS =
      "required_spec313_cancelMustMakeThePublisherEventuallyDropAllReferencesToTheSubscriber";

  private static final Duration CEILING = Duration.ofSeconds(30);

  private PublisherRules() {}

  /** Waits for what must come as long as a busy machine needs, and briefly for what must not. */
  public static TestEnvironment patience() {
    return new TestEnvironment(30_000, 200, 20);
  }

  /** A fresh verification for each rule; {@code setUp} is the kit's own. */
  public static <V> Stream<DynamicTest> required(
      Class<V> type, Supplier<V> verification, SetUp<V> setUp) {
    return Arrays.stream(type.getMethods())
        .filter(method -> method.getName().startsWith("required_"))
        .sorted(Comparator.comparing(Method::getName))
        .map(
            method ->
                dynamicTest(method.getName(), () -> check(method, verification.get(), setUp)));
  }

  /** What the kit does before each check. */
  public interface SetUp<V> {
    void run(V verification) throws Exception;
  }

  private static <V> void check(Method rule, V verification, SetUp<V> setUp) throws Throwable {
    setUp.run(verification);
    if (rule.getName().equals(FORGETS)) {
      forgets(((PublisherVerification<?>) verification).createPublisher(3));
      return;
    }
    try {
      rule.invoke(verification);
    } catch (InvocationTargetException e) {
      if (e.getTargetException() instanceof SkipException skipped) {
        throw new TestAbortedException(skipped.getMessage(), skipped);
      }
      throw e.getTargetException();
    }
  }

  private static <T> void forgets(Publisher<T> publisher) throws InterruptedException {
    try {
      ReferenceQueue<Object> collected = new ReferenceQueue<>();
      Reference<?> subscriber = cancelled(publisher, collected);
      long end = System.nanoTime() + CEILING.toNanos();
      System.gc();
      while (collected.remove(100) != subscriber) {
        if (System.nanoTime() - end > 0) {
          throw new AssertionError("a subscriber that has cancelled is still referred to");
        }
        System.gc();
      }
    } finally {
      // It is the publisher that must not refer to it, so it has to live until here.
      Reference.reachabilityFence(publisher);
    }
  }

  /** Returns the reference to a subscriber that has taken one element and cancelled. */
  private static <T> Reference<?> cancelled(Publisher<T> publisher, ReferenceQueue<Object> queue)
      throws InterruptedException {
    OneElement<T> subscriber = new OneElement<>();
    publisher.subscribe(subscriber);
    if (!subscriber.taken.await(CEILING.toSeconds(), TimeUnit.SECONDS)) {
      throw new AssertionError("no element came");
    }
    return new WeakReference<>(subscriber, queue);
  }

  /** Takes one element, and cancels. */
  private static final class OneElement<T> implements Subscriber<T> {
    private final CountDownLatch taken = new CountDownLatch(1);
    private @Nullable Subscription subscription;

    @Override
    public void onSubscribe(Subscription given) {
      subscription = given;
      given.request(1);
    }

    @Override
    public void onNext(T element) {
      Objects.requireNonNull(subscription).cancel();
      taken.countDown();
    }

    @Override
    public void onError(Throwable failure) {
      throw new AssertionError(failure);
    }

    @Override
    public void onComplete() {
      throw new AssertionError("it ended after one of three elements");
    }
  }
}
