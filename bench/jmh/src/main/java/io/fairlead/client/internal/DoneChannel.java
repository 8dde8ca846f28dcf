package io.fairlead.client.internal;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A channel without a network: each call has its answer as soon as its request is complete. */
final class DoneChannel extends ManagedChannel {
  private final Object answer;

  DoneChannel(Object answer) {
    this.answer = answer;
  }

  @Override
  @SuppressWarnings("unchecked") // one kind of answer for the one method that is called
  public <Q, R> ClientCall<Q, R> newCall(MethodDescriptor<Q, R> method, CallOptions options) {
    return new Done<>((R) answer);
  }

  private static final class Done<Q, R> extends ClientCall<Q, R> {
    private final R answer;
    private @Nullable Listener<R> listener;

    Done(R answer) {
      this.answer = answer;
    }

    @Override
    public void start(Listener<R> responseListener, Metadata headers) {
      listener = responseListener;
    }

    @Override
    public void halfClose() {
      if (listener != null) {
        listener.onHeaders(new Metadata());
        listener.onMessage(answer);
        listener.onClose(Status.OK, new Metadata());
      }
    }

    @Override
    public void request(int numMessages) {}

    @Override
    public void sendMessage(Q message) {}

    @Override
    public void cancel(@Nullable String message, @Nullable Throwable cause) {}
  }

  @Override
  public ManagedChannel shutdown() {
    return this;
  }

  @Override
  public ManagedChannel shutdownNow() {
    return this;
  }

  @Override
  public boolean isShutdown() {
    return false;
  }

  @Override
  public boolean isTerminated() {
    return true;
  }

  @Override
  public boolean awaitTermination(long timeout, TimeUnit unit) {
    return true;
  }

  @Override
  public String authority() {
    return "none";
  }
}
