package io.fairlead.contract.internal.stream;

import io.fairlead.RpcException;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;
import org.openjdk.jcstress.infra.results.II_Result;

/** Messages on their way from an event loop to the thread that reads them. */
public final class StreamRaces {
  private static final CallCompletion WELL = new CallCompletion(Status.OK, new Metadata(), true);

  private StreamRaces() {}

  private static final class Idle implements InboundMessageQueue.Upstream {
    final AtomicInteger cancels = new AtomicInteger();

    @Override
    public void request(int messages) {}

    @Override
    public void cancel(String reason, @Nullable Throwable cause) {
      cancels.incrementAndGet();
    }
  }

  /** Two messages are put in while two are taken out. */
  @JCStressTest
  @State
  @Outcome(
      id = {"0, 0", "1, 0", "0, 1", "1, 2"},
      expect = Expect.ACCEPTABLE,
      desc = "in order, as far as they had come")
  @Outcome(expect = Expect.FORBIDDEN, desc = "lost, twice, or out of order")
  public static class InOrder {
    private final SpscQueue<Integer> queue = new SpscQueue<>(2);

    private static int value(@Nullable Integer message) {
      return message == null ? 0 : message;
    }

    @Actor
    public void loop() {
      queue.offer(1);
      queue.offer(2);
    }

    @Actor
    public void reader(II_Result result) {
      result.r1 = value(queue.poll());
      result.r2 = value(queue.poll());
    }
  }

  /** A message and the end come while the reader waits: it must wake up for both. */
  @JCStressTest
  @State
  @Outcome(id = "1, 0", expect = Expect.ACCEPTABLE, desc = "the message, then the end")
  @Outcome(expect = Expect.FORBIDDEN, desc = "the end overtook the message")
  public static class MessageThenEnd {
    private final InboundMessageQueue<Integer> inbox =
        new InboundMessageQueue<>("a/Stream", new Idle());

    @Actor
    public void loop() {
      inbox.offer(1);
      inbox.end(WELL);
    }

    @Actor
    public void reader(II_Result result) {
      Integer first = inbox.read();
      Integer second = inbox.read();
      result.r1 = first == null ? 0 : first;
      result.r2 = second == null ? 0 : second;
    }
  }

  /** Another thread closes while the reader waits: it must wake up, and the call is cancelled. */
  @JCStressTest
  @State
  @Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "the read fails, the call is cancelled")
  @Outcome(expect = Expect.FORBIDDEN, desc = "anything else")
  public static class CloseWhileReading {
    private final Idle upstream = new Idle();
    private final InboundMessageQueue<Integer> inbox =
        new InboundMessageQueue<>("a/Stream", upstream);

    @Actor
    public void closer() {
      inbox.close("closed", null);
    }

    @Actor
    public void reader(II_Result result) {
      try {
        inbox.read();
      } catch (RpcException e) {
        result.r1 = 1;
      }
    }

    @Arbiter
    public void after(II_Result result) {
      result.r2 = upstream.cancels.get();
    }
  }

  /** The last message and a cancellation from elsewhere: signals come one at a time, in order. */
  @JCStressTest
  @State
  @Outcome(
      id = {"0, 0, 0", "1, 0, 0", "1, 1, 0", "0, 1, 0"},
      expect = Expect.ACCEPTABLE,
      desc = "messages, ends, no overlap")
  @Outcome(expect = Expect.FORBIDDEN, desc = "overlapping signals, two ends, or one after the end")
  public static class PublisherEnds {
    private final AtomicInteger inSignal = new AtomicInteger();
    private final AtomicInteger messages = new AtomicInteger();
    private final AtomicInteger ends = new AtomicInteger();
    private final AtomicInteger faults = new AtomicInteger();
    private final MessagePublisher<Integer> publisher =
        new MessagePublisher<>(
            "a/Stream",
            new MessagePublisher.Upstream() {
              @Override
              public void begin() {}

              @Override
              public void request(int messages) {}

              @Override
              public void cancel(String reason, @Nullable Throwable cause) {}
            });

    public PublisherEnds() {
      publisher.subscribe(
          new Flow.Subscriber<>() {
            @Override
            public void onSubscribe(Flow.Subscription subscription) {
              subscription.request(10);
            }

            @Override
            public void onNext(Integer message) {
              signal(messages);
            }

            @Override
            public void onError(Throwable failure) {
              signal(ends);
            }

            @Override
            public void onComplete() {
              signal(ends);
            }
          });
    }

    private void signal(AtomicInteger counter) {
      if (inSignal.incrementAndGet() != 1 || ends.get() != 0) {
        faults.incrementAndGet();
      }
      counter.incrementAndGet();
      inSignal.decrementAndGet();
    }

    @Actor
    public void loop() {
      publisher.message(1);
      publisher.end(null);
    }

    @Actor
    public void elsewhere() {
      publisher.end(new IllegalStateException("cut"));
    }

    @Arbiter
    public void after(III_Result result) {
      result.r1 = messages.get();
      result.r2 = ends.get();
      result.r3 = faults.get();
    }
  }

  /**
   * The publisher asks for more while the call ends: the subscription is cancelled once at most.
   */
  @JCStressTest
  @State
  @Outcome(
      id = {"1, 0"},
      expect = Expect.ACCEPTABLE,
      desc = "cancelled once, no overlap")
  @Outcome(expect = Expect.FORBIDDEN, desc = "not at all, twice, or two threads at once")
  public static class PumpStops {
    private final AtomicInteger inside = new AtomicInteger();
    private final AtomicInteger cancels = new AtomicInteger();
    private final AtomicInteger faults = new AtomicInteger();
    private final PublisherPump<Integer> pump =
        new PublisherPump<>(none -> {}, new Open(), "a/Stream");

    private static final class Open implements MessageSink<Integer> {
      @Override
      public boolean isReady() {
        return true;
      }

      @Override
      public void send(Integer message) {}

      @Override
      public void complete() {}

      @Override
      public void fail(Throwable failure) {}
    }

    private final Flow.Subscription subscription =
        new Flow.Subscription() {
          @Override
          public void request(long n) {
            overlap();
          }

          @Override
          public void cancel() {
            overlap();
            cancels.incrementAndGet();
          }

          private void overlap() {
            if (inside.incrementAndGet() != 1) {
              faults.incrementAndGet();
            }
            inside.decrementAndGet();
          }
        };

    @Actor
    public void publisher() {
      pump.onSubscribe(subscription);
      pump.onNext(1);
    }

    @Actor
    public void call() {
      pump.onReady();
      pump.stop();
    }

    @Arbiter
    public void after(II_Result result) {
      result.r1 = cancels.get();
      result.r2 = faults.get();
    }
  }
}
