package io.fairlead;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Int64Value;
import io.fairlead.contract.CallShapesTest;
import io.fairlead.contract.EchoAsync;
import io.fairlead.contract.EchoLoopback;
import io.fairlead.contract.EchoRpc;
import io.fairlead.contract.PublisherRules;
import java.util.List;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
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

  @TestFactory
  Stream<DynamicTest> listFollowsThePublisherRules() {
    return PublisherRules.required(OfList.class, OfList::new, OfList::setUp);
  }

  @TestFactory
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
      return Source.from(LongStream.range(0, elements).boxed().toList());
    }

    @Override
    public Flow.Publisher<Long> createFailedFlowPublisher() {
      Source<Long> taken = Source.of(1L);
      taken.take("somebody else");
      return taken.publisher();
    }

    @Override
    public long maxElementsFromPublisher() {
      return 100_000;
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
