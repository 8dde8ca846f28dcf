package io.fairlead.server;

import static io.fairlead.contract.EchoLoopback.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.StringValue;
import io.fairlead.Source;
import io.fairlead.client.RpcChannel;
import io.fairlead.contract.Echo;
import io.fairlead.contract.EchoRpc;
import io.fairlead.testkit.Await;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Who does not read holds up who writes on the other machine, after a bounded number of messages.
 */
@Timeout(120)
class SlowReaderTest {
  private static final int MESSAGES = 10_000;
  private static final StringValue KILOBYTE = text("x".repeat(1_000));

  /** Windows of a megabyte at most, and what waits before and after them. */
  private static final int MOST_AHEAD = 3_000;

  @RegisterExtension final RunningServerExtension running = new RunningServerExtension();
  private final CompletableFuture<Thread> writer = new CompletableFuture<>();
  private final AtomicInteger written = new AtomicInteger();
  private final CountDownLatch goOn = new CountDownLatch(1);

  private Echo serve(Echo handler) {
    return EchoRpc.client(channel(handler));
  }

  private RpcChannel channel(Echo handler) {
    RpcServer server =
        running.start(RpcServer.builder("echo").host("127.0.0.1").service(EchoRpc.bind(handler)));
    return running.add(RpcChannel.to("127.0.0.1:" + server.port()).build());
  }

  /** As fast as it may. */
  private Source<StringValue> all() {
    return Source.from(
        out -> {
          writer.complete(Thread.currentThread());
          for (int i = 0; i < MESSAGES; i++) {
            out.send(KILOBYTE);
            written.incrementAndGet();
          }
        });
  }

  private Echo writing() {
    return new Echo() {
      @Override
      public Source<StringValue> chat(Source<StringValue> requests) {
        return all();
      }
    };
  }

  /** It waits, or is through: the count tells which. */
  private void awaitWriterAtRest() throws Exception {
    Thread thread = writer.get(60, TimeUnit.SECONDS);
    Await.until("the writer is at rest", () -> thread.getState() != Thread.State.RUNNABLE);
  }

  private void assertNotAhead(int read) {
    assertThat(written.get() - read).isLessThan(MOST_AHEAD);
  }

  @Test
  void aReaderHoldsTheWriterOfTheAnswers() throws Exception {
    try (Source<StringValue> answers = serve(writing()).chat(Source.of())) {
      int read = 0;
      for (StringValue answer : answers) {
        assertThat(answer).isEqualTo(KILOBYTE);
        if (read++ == 0) {
          awaitWriterAtRest();
        }
        assertNotAhead(read);
      }
      assertThat(read).isEqualTo(MESSAGES);
    }
  }

  @Test
  void aHandlerHoldsTheWriterOfTheRequests() throws Exception {
    Echo counting =
        new Echo() {
          @Override
          public Source<StringValue> chat(Source<StringValue> requests) {
            int read = 0;
            for (StringValue request : requests) {
              assertThat(request).isEqualTo(KILOBYTE);
              if (read++ == 0) {
                awaitGoOn();
              }
              assertNotAhead(read);
            }
            return Source.of(text(Integer.toString(read)));
          }
        };
    try (Source<StringValue> answers = serve(counting).chat(all())) {
      awaitWriterAtRest();
      assertNotAhead(0);
      goOn.countDown();
      assertThat(answers.toList()).containsExactly(text(Integer.toString(MESSAGES)));
    }
  }

  private void awaitGoOn() {
    try {
      goOn.await();
    } catch (InterruptedException e) {
      throw new AssertionError("nobody cancelled", e);
    }
  }

  @Test
  void aSubscriberThatAsksForOneHoldsTheWriter() throws Exception {
    CompletableFuture<Flow.Subscription> first = new CompletableFuture<>();
    CompletableFuture<Integer> read = new CompletableFuture<>();
    EchoRpc.asyncClient(channel(writing()))
        .chat(nothing -> nothing.onSubscribe(new Finished(nothing)))
        .subscribe(
            new Flow.Subscriber<>() {
              private Flow.@Nullable Subscription subscription;
              private int count;

              @Override
              public void onSubscribe(Flow.Subscription given) {
                subscription = given;
                given.request(1);
              }

              @Override
              public void onNext(StringValue answer) {
                count++;
                if (subscription != null) {
                  first.complete(subscription);
                }
              }

              @Override
              public void onError(Throwable failure) {
                first.completeExceptionally(failure);
                read.completeExceptionally(failure);
              }

              @Override
              public void onComplete() {
                read.complete(count);
              }
            });
    Flow.Subscription subscription = first.get(60, TimeUnit.SECONDS);
    awaitWriterAtRest();
    assertNotAhead(1);
    subscription.request(Long.MAX_VALUE);
    assertThat(read.get(60, TimeUnit.SECONDS)).isEqualTo(MESSAGES);
  }

  /** Of a publisher that has nothing to say. */
  private record Finished(Flow.Subscriber<? super StringValue> subscriber)
      implements Flow.Subscription {
    @Override
    public void request(long messages) {
      subscriber.onComplete();
    }

    @Override
    public void cancel() {}
  }
}
