package io.fairlead.contract;

import static io.fairlead.contract.Loopback.number;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.google.protobuf.Int64Value;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Comparator;
import java.util.concurrent.Flow;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.reactivestreams.tck.TestEnvironment;
import org.reactivestreams.tck.flow.FlowPublisherVerification;

/**
 * The required rules of Reactive Streams on the publisher of a real call. The kit's checks are
 * methods that need nothing of TestNG's engine, so they run as JUnit's own tests: one engine, one
 * report.
 */
class PublisherRulesTest {
  @SuppressWarnings("NullAway.Init") // opened before the first test
  private static Loopback loopback;

  @BeforeAll
  static void open() {
    loopback = Loopback.serving(EchoRpc.bind(new ShapesTest.Answers()));
  }

  @AfterAll
  static void close() {
    loopback.close();
  }

  @TestFactory
  Stream<DynamicTest> requiredRules() {
    return Arrays.stream(Responses.class.getMethods())
        .filter(method -> method.getName().startsWith("required_"))
        .sorted(Comparator.comparing(Method::getName))
        .map(method -> dynamicTest(method.getName(), () -> check(method)));
  }

  private static void check(Method rule) throws Throwable {
    Responses responses = new Responses();
    responses.setUp();
    try {
      rule.invoke(responses);
    } catch (InvocationTargetException e) {
      throw e.getTargetException();
    }
  }

  /** Has to be public for the kit. */
  public static final class Responses extends FlowPublisherVerification<Int64Value> {
    public Responses() {
      super(new TestEnvironment(2000, 200));
    }

    @Override
    public Flow.Publisher<Int64Value> createFlowPublisher(long elements) {
      return loopback.asyncClient().count(number(elements));
    }

    @Override
    public Flow.Publisher<Int64Value> createFailedFlowPublisher() {
      return EchoRpc.COUNT.unimplementedPublisher(this);
    }
  }
}
