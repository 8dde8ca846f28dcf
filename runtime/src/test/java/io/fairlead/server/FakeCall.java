package io.fairlead.server;

import io.grpc.Attributes;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/** A call without a transport: remembers how it was closed. Safe for use by many threads. */
public final class FakeCall extends ServerCall<String, String> {
  private final MethodDescriptor<String, String> method;
  private @Nullable Status closed;
  private Metadata trailers = new Metadata();
  private volatile boolean cancelled;

  public FakeCall(MethodDescriptor<String, String> method) {
    this.method = method;
  }

  public synchronized @Nullable Status closed() {
    return closed;
  }

  public synchronized Metadata trailers() {
    return trailers;
  }

  public void cancel() {
    cancelled = true;
  }

  @Override
  public synchronized void close(Status status, Metadata trailers) {
    if (closed != null) {
      throw new IllegalStateException("closed twice, with " + closed + " and " + status);
    }
    this.closed = status;
    this.trailers = trailers;
  }

  @Override
  public void request(int numMessages) {}

  @Override
  public void sendHeaders(Metadata headers) {}

  @Override
  public void sendMessage(String message) {}

  @Override
  public boolean isCancelled() {
    return cancelled;
  }

  @Override
  public Attributes getAttributes() {
    return Attributes.EMPTY;
  }

  @Override
  public MethodDescriptor<String, String> getMethodDescriptor() {
    return method;
  }
}
