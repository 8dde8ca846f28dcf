package io.fairlead.contract.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Int64Value;
import io.fairlead.contract.CallShapesTest;
import io.fairlead.contract.EchoLoopback;
import io.fairlead.contract.EchoRpc;
import io.fairlead.contract.PublisherRules;
import io.fairlead.contract.internal.stream.MessageSink;
import io.fairlead.contract.internal.stream.PublisherPump;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.reactivestreams.tck.flow.FlowSubscriberBlackboxVerification;

/**
 * The required rules of Reactive Streams on the subscriber that sends what a publisher gives: the
 * requests of a real call, and answers into an outlet that always takes more.
 */
class SubscriberRulesTest {
  @SuppressWarnings("NullAway.Init") // opened before the first test
  private static EchoLoopback echoLoopback;

  @BeforeAll
  static void open() {
    echoLoopback = EchoLoopback.serving(EchoRpc.bind(new CallShapesTest.Answers()));
  }

  @AfterAll
  static void close() {
    echoLoopback.close();
  }

  @TestFactory
  Stream<DynamicTest> clientRequestsFollowTheSubscriberRules() {
    return PublisherRules.required(OfCall.class, OfCall::new, SubscriberRulesTest::setUp);
  }

  @TestFactory
  Stream<DynamicTest> responseSinkFollowsTheSubscriberRules() {
    return PublisherRules.required(OfOutlet.class, OfOutlet::new, SubscriberRulesTest::setUp);
  }

  private static void setUp(FlowSubscriberBlackboxVerification<?> verification) throws Exception {
    verification.startPublisherExecutorService();
    verification.setUp();
  }

  @Test
  void theEndOfThePublisherIsTheLastThingItHears() {
    Sink sink = new Sink();
    PublisherPump<Int64Value> pump = new PublisherPump<>(none -> {}, sink, "test.v1.Echo/Sum");
    AtomicInteger cancels = new AtomicInteger();
    pump.onSubscribe(counting(cancels));
    pump.onNext(Int64Value.of(1));
    pump.onComplete();
    pump.onReady();
    pump.stop();
    pump.onNext(Int64Value.of(2));
    assertThat(cancels).hasValue(0);
    assertThat(sink.heard).containsExactly("1", "complete");
  }

  @Test
  void aCallThatEndsFirstCancelsOnce() {
    Sink sink = new Sink();
    PublisherPump<Int64Value> pump = new PublisherPump<>(none -> {}, sink, "test.v1.Echo/Sum");
    AtomicInteger cancels = new AtomicInteger();
    pump.stop();
    pump.onSubscribe(counting(cancels));
    pump.stop();
    pump.onComplete();
    pump.onError(new IllegalStateException("too late"));
    assertThat(cancels).hasValue(1);
    assertThat(sink.heard).isEmpty();
  }

  @Test
  @SuppressWarnings("NullAway") // what a publisher that breaks the rules does
  void failureThatIsNullEndsTheCall() {
    Sink sink = new Sink();
    PublisherPump<Int64Value> pump = new PublisherPump<>(none -> {}, sink, "test.v1.Echo/Sum");
    assertThatThrownBy(() -> pump.onError(null)).isInstanceOf(NullPointerException.class);
    assertThat(sink.heard).containsExactly("fail");
  }

  private static Flow.Subscription counting(AtomicInteger cancels) {
    return new Flow.Subscription() {
      @Override
      public void request(long n) {}

      @Override
      public void cancel() {
        cancels.incrementAndGet();
      }
    };
  }

  private static final class Sink implements MessageSink<Int64Value> {
    final List<String> heard = new ArrayList<>();

    @Override
    public boolean isReady() {
      return true;
    }

    @Override
    public void send(Int64Value message) {
      heard.add(Long.toString(message.getValue()));
    }

    @Override
    public void complete() {
      heard.add("complete");
    }

    @Override
    public void fail(Throwable failure) {
      heard.add("fail");
    }
  }

  /** Has to be public for the kit. */
  public static final class OfOutlet extends FlowSubscriberBlackboxVerification<Int64Value> {
    public OfOutlet() {
      super(PublisherRules.patience());
    }

    @Override
    public Flow.Subscriber<Int64Value> createFlowSubscriber() {
      return new PublisherPump<>(none -> {}, new Sink(), "test.v1.Echo/Sum");
    }

    @Override
    public Int64Value createElement(int element) {
      return Int64Value.of(element);
    }
  }

  /** Has to be public for the kit. */
  public static final class OfCall extends FlowSubscriberBlackboxVerification<Int64Value> {
    public OfCall() {
      super(PublisherRules.patience());
    }

    @Override
    public Flow.Subscriber<Int64Value> createFlowSubscriber() {
      ClientCall<Int64Value, Int64Value> call =
          echoLoopback.channel().newCall(EchoRpc.SUM.descriptor(), CallOptions.DEFAULT);
      PublisherPump<Int64Value> pump =
          new PublisherPump<>(
              none -> {}, new RequestSink<>(call, "test.v1.Echo/Sum"), "test.v1.Echo/Sum");
      call.start(
          new ClientCall.Listener<>() {
            @Override
            public void onReady() {
              pump.onReady();
            }

            @Override
            public void onClose(Status status, Metadata trailers) {
              pump.stop();
            }
          },
          new Metadata());
      call.request(2);
      return pump;
    }

    @Override
    public Int64Value createElement(int element) {
      return Int64Value.of(element);
    }
  }
}
