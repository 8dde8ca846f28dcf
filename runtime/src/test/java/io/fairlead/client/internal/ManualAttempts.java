package io.fairlead.client.internal;

import com.google.protobuf.StringValue;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Attempts without a transport: they stand where an application's interceptor would answer by
 * itself. Each notes what it gets, and ends when a test says so, on the thread of the test.
 */
final class ManualAttempts implements ClientInterceptor {
  /** The attempts so far, in the order of their starts. */
  final List<Attempt<?, ?>> started = new CopyOnWriteArrayList<>();

  private final BiConsumer<Attempt<?, ?>, String> within;

  ManualAttempts() {
    this((attempt, step) -> {});
  }

  /**
   * @param within runs inside of each step of an attempt, as the code of an interceptor does
   */
  ManualAttempts(BiConsumer<Attempt<?, ?>, String> within) {
    this.within = within;
  }

  @Override
  public <Q, R> ClientCall<Q, R> interceptCall(
      MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
    return new Attempt<>();
  }

  /** Returns an attempt by its number; the first is 1. */
  Attempt<?, ?> number(int number) {
    return started.get(number - 1);
  }

  final class Attempt<Q, R> extends ClientCall<Q, R> {
    /** What came down to it. */
    final List<String> steps = new CopyOnWriteArrayList<>();

    private final AtomicBoolean over = new AtomicBoolean();
    private @Nullable Listener<R> listener;

    private void step(String step) {
      steps.add(step);
      within.accept(this, step);
    }

    @Override
    public void start(Listener<R> responses, Metadata headers) {
      listener = responses;
      started.add(this);
      step("start");
    }

    @Override
    public void request(int messages) {
      step("request " + messages);
    }

    @Override
    public void sendMessage(Q message) {
      step(((StringValue) message).getValue());
    }

    @Override
    public void halfClose() {
      step("half-close");
    }

    @Override
    public void cancel(@Nullable String message, @Nullable Throwable cause) {
      end(Status.CANCELLED.withDescription(message), new Metadata());
    }

    /** Sends the headers of an answer. */
    void answer() {
      Objects.requireNonNull(listener, "not started").onHeaders(new Metadata());
    }

    void end(Status status) {
      end(status, new Metadata());
    }

    /** Ends it, unless that is done. */
    void end(Status status, Metadata trailers) {
      if (over.compareAndSet(false, true)) {
        Objects.requireNonNull(listener, "not started").onClose(status, trailers);
      }
    }
  }
}
