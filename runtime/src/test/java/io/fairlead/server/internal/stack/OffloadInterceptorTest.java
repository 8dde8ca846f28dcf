package io.fairlead.server.internal.stack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.fairlead.server.EchoMethod;
import io.fairlead.server.FakeCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class OffloadInterceptorTest {
  private final AtomicBoolean closed = new AtomicBoolean();

  private void execute(Runnable task) {
    if (closed.get()) {
      throw new RejectedExecutionException("closed");
    }
    task.run();
  }

  @Test
  void aCancellationAfterTheServerClosedIsNoFailureOfTheTransport() {
    AtomicBoolean began = new AtomicBoolean();
    ServerCall.Listener<String> listener =
        new OffloadInterceptor(this::execute, this::execute)
            .interceptCall(
                new FakeCall(EchoMethod.SAY),
                new Metadata(),
                (call, headers) -> {
                  began.set(true);
                  return new ServerCall.Listener<>() {};
                });
    assertThat(began).isTrue();
    closed.set(true);
    assertThatCode(listener::onCancel).doesNotThrowAnyException();
  }
}
