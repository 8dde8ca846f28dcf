package io.fairlead.contract;

import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Comparator;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.opentest4j.TestAbortedException;
import org.reactivestreams.tck.TestEnvironment;
import org.testng.SkipException;

/**
 * The required rules of Reactive Streams as JUnit's own tests. The kit's checks are methods that
 * need nothing of TestNG's engine, so that one engine runs and one report counts.
 */
public final class PublisherRules {
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
    try {
      rule.invoke(verification);
    } catch (InvocationTargetException e) {
      if (e.getTargetException() instanceof SkipException skipped) {
        throw new TestAbortedException(skipped.getMessage(), skipped);
      }
      throw e.getTargetException();
    }
  }
}
