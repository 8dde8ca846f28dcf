package io.fairlead.server;

import static io.fairlead.contract.EchoLoopback.number;
import static io.fairlead.contract.EchoLoopback.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.Int64Value;
import io.fairlead.Pipe;
import io.fairlead.RpcException;
import io.fairlead.Source;
import io.fairlead.client.RpcChannel;
import io.fairlead.contract.Echo;
import io.fairlead.contract.EchoRpc;
import io.fairlead.testkit.Await;
import io.fairlead.testkit.LogCapture;
import io.grpc.Status;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Readers and writers that leave before the end, each in another way: both sides hear of it. */
@Timeout(120)
class SourceReadingTest {
  @RegisterExtension final RunningServerExtension running = new RunningServerExtension();
  private final HoldingHandler holding = new HoldingHandler(false);

  @SuppressWarnings("NullAway.Init") // set before each test
  private Echo client;

  @BeforeEach
  void serve() {
    client = serve(holding);
  }

  private Echo serve(Echo handler) {
    RpcServer server =
        running.start(RpcServer.builder("echo").host("127.0.0.1").service(EchoRpc.bind(handler)));
    return EchoRpc.client(running.add(RpcChannel.to("127.0.0.1:" + server.port()).build()));
  }

  private static Thread start(Runnable action) {
    Thread thread = new Thread(action, "reader");
    thread.start();
    return thread;
  }

  private static void awaitParked(Thread thread) {
    Await.until("the reader waits", () -> thread.getState() == Thread.State.WAITING);
  }

  @Test
  void anInterruptOfTheReaderCancelsTheCall() throws Exception {
    CompletableFuture<RpcException> failure = new CompletableFuture<>();
    CompletableFuture<Boolean> stillInterrupted = new CompletableFuture<>();
    CountDownLatch first = new CountDownLatch(1);
    Thread reader =
        start(
            () -> {
              try (Source<Int64Value> numbers = client.count(number(1))) {
                numbers.read();
                first.countDown();
                failure.complete(catchThrowableOfType(RpcException.class, numbers::read));
                stillInterrupted.complete(Thread.currentThread().isInterrupted());
              }
            });
    first.await();
    awaitParked(reader);
    reader.interrupt();
    assertThat(failure.get(60, TimeUnit.SECONDS).code()).isEqualTo(Status.Code.CANCELLED);
    assertThat(stillInterrupted.get(60, TimeUnit.SECONDS)).isTrue();
    holding.awaitInterrupted();
    reader.join();
  }

  @Test
  void anInterruptOfTheCallerCancelsAUnaryCall() throws Exception {
    CompletableFuture<RpcException> failure = new CompletableFuture<>();
    Thread caller =
        start(
            () ->
                failure.complete(
                    catchThrowableOfType(RpcException.class, () -> client.say(text("hold")))));
    holding.awaitHeld(1);
    awaitParked(caller);
    caller.interrupt();
    assertThat(failure.get(60, TimeUnit.SECONDS).code()).isEqualTo(Status.Code.CANCELLED);
    holding.awaitInterrupted();
    caller.join();
  }

  @Test
  void aCloseFromAnotherThreadWakesTheReader() throws Exception {
    CompletableFuture<RpcException> failure = new CompletableFuture<>();
    CountDownLatch first = new CountDownLatch(1);
    Thread reader;
    try (Source<Int64Value> numbers = client.count(number(1))) {
      reader =
          start(
              () -> {
                numbers.read();
                first.countDown();
                failure.complete(catchThrowableOfType(RpcException.class, numbers::read));
              });
      first.await();
      awaitParked(reader);
    }
    assertThat(failure.get(60, TimeUnit.SECONDS))
        .hasMessageContaining("the source was closed by its reader");
    holding.awaitInterrupted();
    reader.join();
  }

  @Test
  void anAbandonedSourceIsCancelledAndTheWarningNamesWhereItWasOpened() throws Exception {
    try (LogCapture log = LogCapture.of("io.fairlead.Source")) {
      abandon();
      holding.awaitHeld(1);
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(100);
      while (log.warnings().isEmpty() && System.nanoTime() - end < 0) {
        System.gc();
        LockSupport.parkNanos(10_000_000);
      }
      assertThat(log.warnings())
          .singleElement()
          .asString()
          .startsWith("the stream of test.v1.Echo/Count was neither read to its end nor closed")
          .contains("SourceReadingTest.abandon");
      holding.awaitInterrupted();
    }
  }

  private void abandon() {
    assertThat(client.count(number(1)).read()).isEqualTo(number(1));
  }

  /** Takes one number of many. */
  private static final class Impatient implements Echo {
    @Override
    public Int64Value sum(Source<Int64Value> requests) {
      Int64Value first = requests.read();
      return first == null ? number(0) : first;
    }
  }

  @Test
  void aHandlerThatAnswersEarlyEndsThePipeOfItsCaller() throws Exception {
    try (Pipe<Int64Value> numbers = Source.pipe()) {
      CompletableFuture<Int64Value> answer = new CompletableFuture<>();
      Echo impatient = serve(new Impatient());
      Thread caller = start(() -> answer.complete(impatient.sum(numbers.source())));
      assertThatThrownBy(
              () -> {
                for (long i = 7; i < Long.MAX_VALUE; i++) {
                  numbers.send(number(i));
                }
              })
          .isInstanceOf(RpcException.class);
      assertThat(answer.get(60, TimeUnit.SECONDS)).isEqualTo(number(7));
      caller.join();
    }
  }

  @Test
  void aHandlerThatAnswersEarlyEndsTheGeneratorOfItsCaller() throws Exception {
    CountDownLatch ended = new CountDownLatch(1);
    Source<Int64Value> numbers =
        Source.from(
            out -> {
              try {
                for (long i = 7; i < Long.MAX_VALUE; i++) {
                  out.send(number(i));
                }
              } finally {
                ended.countDown();
              }
            });
    assertThat(serve(new Impatient()).sum(numbers)).isEqualTo(number(7));
    assertThat(ended.await(60, TimeUnit.SECONDS)).isTrue();
  }

  /** Reads everything, and keeps what the end was. */
  private static final class Patient implements Echo {
    final CountDownLatch began = new CountDownLatch(1);
    final CompletableFuture<RpcException> end = new CompletableFuture<>();

    @Override
    public Int64Value sum(Source<Int64Value> requests) {
      long sum = 0;
      try {
        for (Int64Value request : requests) {
          began.countDown();
          sum += request.getValue();
        }
      } catch (RpcException e) {
        end.complete(e);
        throw e;
      }
      return number(sum);
    }
  }

  @Test
  void aWriterThatFailsFailsTheCallOnBothSides() throws Exception {
    Patient patient = new Patient();
    Source<Int64Value> numbers =
        Source.from(
            out -> {
              out.send(number(1));
              patient.began.await();
              throw new IllegalStateException("out of numbers");
            });
    Echo echo = serve(patient);
    assertThatThrownBy(() -> echo.sum(numbers))
        .isInstanceOf(RpcException.class)
        .hasMessageContaining("out of numbers");
    assertThat(patient.end.get(60, TimeUnit.SECONDS).code()).isEqualTo(Status.Code.CANCELLED);
  }

  /** An exception in the writer must not look like a whole sequence. */
  @Test
  void aPipeThatIsClosedBeforeItIsCompleteIsAFailure() throws Exception {
    Patient patient = new Patient();
    Echo echo = serve(patient);
    CompletableFuture<RpcException> failure = new CompletableFuture<>();
    Thread caller;
    try (Pipe<Int64Value> numbers = Source.pipe()) {
      caller =
          start(
              () ->
                  failure.complete(
                      catchThrowableOfType(RpcException.class, () -> echo.sum(numbers.source()))));
      numbers.send(number(1));
      patient.began.await();
    }
    assertThat(failure.get(60, TimeUnit.SECONDS))
        .hasMessageContaining("the pipe was closed before complete()");
    assertThat(patient.end.get(60, TimeUnit.SECONDS).code()).isEqualTo(Status.Code.CANCELLED);
    caller.join();
  }
}
