package io.fairlead;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Int64Value;
import io.fairlead.contract.CallShapesTest;
import io.fairlead.contract.EchoAsync;
import io.fairlead.contract.EchoLoopback;
import io.fairlead.contract.EchoRpc;
import io.fairlead.contract.PublisherRules;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.reactivestreams.tck.flow.FlowPublisherVerification;

/** Sources that are handed to async clients and handlers. */
class SourcePublisherTest {
  @Test
  void asyncClientSendsWhatASourceHolds() throws Exception {
    try (EchoLoopback server = EchoLoopback.serving(EchoRpc.bind(new CallShapesTest.Answers()))) {
      EchoAsync echo = server.asyncClient();
      Source<Int64Value> list = Source.of(Int64Value.of(1), Int64Value.of(2));
      Source<Int64Value> stream =
          Source.from(LongStream.rangeClosed(1, 1_000).mapToObj(Int64Value::of));
      for (Source<Int64Value> source : List.of(list, stream)) {
        long sum =
            echo.sum(source.publisher()).toCompletableFuture().get(60, TimeUnit.SECONDS).getValue();
        assertThat(sum).isEqualTo(source == list ? 3 : 500_500);
      }
    }
  }

  @Test
  @Timeout(60)
  void requestAtAnyMomentDoesNotLoseTheRestOfAStream() throws Exception {
    int total = 50_000;
    AtomicInteger received = new AtomicInteger();
    AtomicReference<Flow.Subscription> subscription = new AtomicReference<>();
    CompletableFuture<Boolean> over = new CompletableFuture<>();
    Source<Long> source = Source.from(LongStream.range(0, total).boxed().iterator());
    source
        .publisher()
        .subscribe(
            new Flow.Subscriber<Long>() {
              @Override
              public void onSubscribe(Flow.Subscription given) {
                subscription.set(given);
              }

              @Override
              public void onNext(Long message) {
                received.incrementAndGet();
                // So that the next request comes at any moment of what follows.
                for (long turns = message % 97; turns > 0; turns--) {
                  Thread.onSpinWait();
                }
              }

              @Override
              public void onError(Throwable failure) {
                over.completeExceptionally(failure);
              }

              @Override
              public void onComplete() {
                over.complete(true);
              }
            });
    // One more than there are: a source that is read finds its end only when asked again.
    for (int asked = 0; asked <= total && !over.isDone(); asked++) {
      Objects.requireNonNull(subscription.get()).request(1);
      while (received.get() <= asked && !over.isDone()) {
        Thread.onSpinWait();
      }
    }
    assertThat(over.get()).isTrue();
    assertThat(received).hasValue(total);
  }

  @Test
  void subscriberThatThrowsClosesTheSource() {
    AtomicInteger closes = new AtomicInteger();
    AtomicReference<Throwable> heard = new AtomicReference<>();
    Source<Long> source =
        new Source.Pollable<>() {
          @Override
          public Long poll() {
            return 1L;
          }

          @Override
          public boolean isDone() {
            return false;
          }

          @Override
          public void onReadable(Runnable wake) {}

          @Override
          public Long read() {
            return poll();
          }

          @Override
          public void close() {
            closes.incrementAndGet();
          }
        };
    IllegalStateException refusal = new IllegalStateException("full");
    source
        .publisher()
        .subscribe(
            new Flow.Subscriber<>() {
              @Override
              public void onSubscribe(Flow.Subscription given) {
                given.request(1);
              }

              @Override
              public void onNext(Long message) {
                throw refusal;
              }

              @Override
              public void onError(Throwable failure) {
                heard.set(failure);
              }

              @Override
              public void onComplete() {}
            });
    assertThat(heard).hasValue(refusal);
    assertThat(closes).as("closes, without which the call stays open").hasValue(1);
  }

  @TestFactory
  @Execution(ExecutionMode.CONCURRENT)
  Stream<DynamicTest> listFollowsThePublisherRules() {
    return PublisherRules.required(OfList.class, OfList::new, OfList::setUp);
  }

  @TestFactory
  @Execution(ExecutionMode.CONCURRENT)
  Stream<DynamicTest> iteratorFollowsThePublisherRules() {
    return PublisherRules.required(OfIterator.class, OfIterator::new, OfIterator::setUp);
  }

  /** Has to be public for the kit. */
  public static class OfList extends FlowPublisherVerification<Long> {
    public OfList() {
      super(PublisherRules.patience());
    }

    @Override
    public Flow.Publisher<Long> createFlowPublisher(long elements) {
      return source(elements).publisher();
    }

    Source<Long> source(long elements) {
      // Takes no memory, however long it is.
      return Source.from(Collections.nCopies(Math.toIntExact(elements), 1L));
    }

    @Override
    public Flow.Publisher<Long> createFailedFlowPublisher() {
      Source<Long> taken = Source.of(1L);
      taken.take("somebody else");
      return taken.publisher();
    }

    @Override
    public long maxElementsFromPublisher() {
      return Integer.MAX_VALUE;
    }
  }

  /** Has to be public for the kit. */
  public static final class OfIterator extends OfList {
    @Override
    Source<Long> source(long elements) {
      return Source.from(LongStream.range(0, elements).boxed().iterator());
    }
  }
}
