package io.fairlead.contract;

import static io.fairlead.contract.EchoLoopback.number;

import com.google.protobuf.Int64Value;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.reactivestreams.tck.flow.FlowPublisherVerification;

/** The required rules of Reactive Streams on both publishers of real calls. */
class PublisherRulesTest {
  /** What handlers were given, in the order of their calls. */
  private static final BlockingQueue<Flow.Publisher<Int64Value>> SERVED =
      new LinkedBlockingQueue<>();

  @SuppressWarnings("NullAway.Init") // opened before the first test
  private static EchoLoopback echoLoopback;

  @SuppressWarnings("NullAway.Init") // as above
  private static EchoLoopback asyncLoopback;

  @BeforeAll
  static void open() {
    echoLoopback = EchoLoopback.serving(EchoRpc.bind(new CallShapesTest.Answers()));
    asyncLoopback = EchoLoopback.serving(EchoRpc.bindAsync(new Keeper()));
  }

  @AfterAll
  static void close() {
    echoLoopback.close();
    asyncLoopback.close();
    SERVED.clear();
  }

  @TestFactory
  @Execution(ExecutionMode.CONCURRENT)
  Stream<DynamicTest> clientResponsesFollowThePublisherRules() {
    return PublisherRules.required(Responses.class, Responses::new, Responses::setUp);
  }

  @TestFactory
  @Execution(ExecutionMode.CONCURRENT)
  Stream<DynamicTest> serverRequestsFollowThePublisherRules() {
    return PublisherRules.required(Requests.class, Requests::new, Requests::setUp);
  }

  /** Hands out the requests of each call, and never answers. */
  private static final class Keeper implements EchoAsync {
    @Override
    public CompletionStage<Int64Value> sum(Flow.Publisher<Int64Value> requests) {
      SERVED.add(requests);
      return new CompletableFuture<>();
    }
  }

  /** Has to be public for the kit. */
  public static final class Responses extends FlowPublisherVerification<Int64Value> {
    public Responses() {
      super(PublisherRules.patience());
    }

    @Override
    public Flow.Publisher<Int64Value> createFlowPublisher(long elements) {
      return echoLoopback.asyncClient().count(number(elements));
    }

    @Override
    public Flow.Publisher<Int64Value> createFailedFlowPublisher() {
      return EchoRpc.COUNT.unimplementedPublisher(this);
    }
  }

  /** Has to be public for the kit. */
  public static final class Requests extends FlowPublisherVerification<Int64Value> {
    public Requests() {
      super(PublisherRules.patience());
    }

    @Override
    public Flow.Publisher<Int64Value> createFlowPublisher(long elements) {
      try {
        // One call at a time is on its way, so that what is served is of this one.
        synchronized (SERVED) {
          CompletionStage<Int64Value> unused =
              asyncLoopback.asyncClient().sum(new Numbers(elements));
          Flow.Publisher<Int64Value> served = SERVED.poll(30, TimeUnit.SECONDS);
          if (served == null) {
            throw new AssertionError("the call did not reach its handler");
          }
          return served;
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new AssertionError(e);
      }
    }

    /** One that has its one subscriber already. */
    @Override
    public Flow.Publisher<Int64Value> createFailedFlowPublisher() {
      Flow.Publisher<Int64Value> taken = createFlowPublisher(1);
      taken.subscribe(
          new Flow.Subscriber<>() {
            @Override
            public void onSubscribe(Flow.Subscription subscription) {}

            @Override
            public void onNext(Int64Value item) {}

            @Override
            public void onError(Throwable failure) {}

            @Override
            public void onComplete() {}
          });
      return taken;
    }
  }
}
