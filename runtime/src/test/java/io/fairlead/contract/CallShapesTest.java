package io.fairlead.contract;

import static io.fairlead.contract.EchoLoopback.number;
import static io.fairlead.contract.EchoLoopback.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Int64Value;
import com.google.protobuf.StringValue;
import io.fairlead.Pipe;
import io.fairlead.Source;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The four shapes, blocking on both sides, over real sockets. */
@Timeout(60)
public class CallShapesTest {
  private final EchoLoopback echoLoopback = EchoLoopback.serving(EchoRpc.bind(new Answers()));
  private final Echo echo = echoLoopback.client();

  @AfterEach
  void close() {
    echoLoopback.close();
  }

  @Test
  void unary() {
    assertThat(echo.say(text("hello"))).isEqualTo(text("hello"));
  }

  @Test
  void serverStreaming() {
    assertThat(echo.count(number(1000)).toList())
        .extracting(Int64Value::getValue)
        .containsExactlyElementsOf(LongStream.range(0, 1000).boxed().toList());
  }

  @Test
  void serverStreamingOfNothing() {
    assertThat(echo.count(number(0)).toList()).isEmpty();
  }

  @Test
  void clientStreamingFromAList() {
    List<Int64Value> numbers =
        LongStream.rangeClosed(1, 1000).mapToObj(EchoLoopback::number).toList();
    assertThat(echo.sum(Source.from(numbers)).getValue()).isEqualTo(500500);
  }

  @Test
  void clientStreamingFromAStream() {
    Stream<Int64Value> numbers = LongStream.rangeClosed(1, 1000).mapToObj(EchoLoopback::number);
    assertThat(echo.sum(Source.from(numbers)).getValue()).isEqualTo(500500);
  }

  @Test
  void clientStreamingFromAGenerator() {
    Source<Int64Value> numbers =
        Source.from(
            out -> {
              for (int i = 1; i <= 1000; i++) {
                out.send(number(i));
              }
            });
    assertThat(echo.sum(numbers).getValue()).isEqualTo(500500);
  }

  @Test
  void clientStreamingOfNothing() {
    assertThat(echo.sum(Source.of()).getValue()).isZero();
  }

  @Test
  void bidiStreamingWithRequestsThatDependOnReplies() throws InterruptedException {
    try (Pipe<StringValue> requests = Source.pipe();
        Source<StringValue> replies = echo.chat(requests.source())) {
      String next = "";
      for (int i = 0; i < 100; i++) {
        requests.send(text(next));
        StringValue reply = replies.read();
        assertThat(reply).isNotNull();
        next = reply == null ? "" : reply.getValue();
      }
      requests.complete();
      assertThat(replies.read()).isNull();
      assertThat(next).isEqualTo("+".repeat(100));
    }
  }

  @Test
  void bidiStreamingOfAnotherCallsStream() {
    Source<StringValue> first = echo.chat(Source.of(text("a"), text("b")));
    assertThat(echo.chat(first).toList()).containsExactly(text("a++"), text("b++"));
  }

  @Test
  void oneClientForManyThreads() throws Exception {
    List<Thread> threads = Stream.generate(() -> new Thread(this::unary)).limit(8).toList();
    threads.forEach(Thread::start);
    for (Thread thread : threads) {
      thread.join(TimeUnit.SECONDS.toMillis(30));
      assertThat(thread.isAlive()).isFalse();
    }
  }

  /** Answers plainly. */
  public static final class Answers implements Echo {
    @Override
    public StringValue say(StringValue request) {
      return request;
    }

    @Override
    public Source<Int64Value> count(Int64Value request) {
      return Source.from(LongStream.range(0, request.getValue()).mapToObj(EchoLoopback::number));
    }

    @Override
    public Int64Value sum(Source<Int64Value> requests) {
      long sum = 0;
      for (Int64Value request : requests) {
        sum += request.getValue();
      }
      return number(sum);
    }

    @Override
    public Source<StringValue> chat(Source<StringValue> requests) {
      return requests.map(request -> text(request.getValue() + "+"));
    }
  }
}
