package io.fairlead.junit5;

import com.google.protobuf.Message;
import io.fairlead.CallContext;
import io.fairlead.RpcException;
import io.fairlead.contract.MethodContract;
import io.fairlead.observe.StatusOrigin;
import io.grpc.Attributes;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A call without a server, for tests of handlers that ask for their {@link CallContext}.
 *
 * <pre>{@code
 * try (TestCall call = TestCall.builder(InventoryRpc.RESERVE).header("x-caller", "ann").build()) {
 *   Reservation reservation = call.run(() -> handler.reserve(request));
 *   assertEquals("kept", call.context().responseHeaders().get(NOTE));
 * }
 * }</pre>
 */
public final class TestCall implements AutoCloseable {
  private final FakeCall call;
  private final Context.CancellableContext ends;
  private final @Nullable ScheduledExecutorService timer;
  private final CallContext context;

  private TestCall(Builder builder) {
    this.call = new FakeCall(builder.method, builder.attributes.build());
    Deadline deadline = builder.deadline;
    if (deadline == null) {
      this.timer = null;
      this.ends = Context.ROOT.withCancellation();
    } else {
      this.timer = Executors.newSingleThreadScheduledExecutor();
      this.ends = Context.ROOT.withDeadline(deadline, timer);
    }
    this.context = CallContext.open(call, builder.headers, ends);
  }

  /** Starts with a caller who sends no headers and waits without a deadline. */
  public static Builder builder(MethodContract<?, ?> method) {
    return new Builder(method.descriptor());
  }

  /**
   * What a client throws when a server answers with this status. For fakes: code under test that
   * reads {@link RpcException#detail} or {@link RpcException#origin} finds them as in production.
   *
   * @throws IllegalArgumentException if the code is OK
   */
  public static RpcException failure(
      MethodContract<?, ?> method, Status.Code code, String description, Message... details) {
    StatusRuntimeException answer = RpcException.answer(code, description, details);
    return RpcException.of(
        method.fullName(), answer.getStatus(), answer.getTrailers(), StatusOrigin.WIRE);
  }

  /** The call as its handler sees it. */
  public CallContext context() {
    return context;
  }

  /** Runs code as the handler of this call: {@link CallContext#current} finds it. */
  public <T> T run(Callable<T> handler) throws Exception {
    return context.context().call(handler);
  }

  /** Whether the handler sent its headers before its response. */
  public boolean headersSent() {
    return call.headersSent;
  }

  /** The caller cancels the call. */
  public void cancel() {
    call.cancelled = true;
    ends.cancel(Status.CANCELLED.withDescription("the caller cancelled").asRuntimeException());
  }

  /** Ends the call. */
  @Override
  public void close() {
    ends.close();
    if (timer != null) {
      timer.shutdownNow();
    }
  }

  /** Collects what the caller sends. */
  public static final class Builder {
    private final MethodDescriptor<?, ?> method;
    private final Metadata headers = new Metadata();
    private final Attributes.Builder attributes = Attributes.newBuilder();
    private @Nullable Deadline deadline;

    private Builder(MethodDescriptor<?, ?> method) {
      this.method = method;
    }

    /** Adds a text header of the request. */
    public Builder header(String name, String value) {
      headers.put(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER), value);
      return this;
    }

    /** Sets for how long the caller waits. */
    public Builder deadline(Duration left) {
      this.deadline = Deadline.after(left.toNanos(), TimeUnit.NANOSECONDS);
      return this;
    }

    /** Sets the address of the caller. */
    public Builder peer(SocketAddress peer) {
      attributes.set(Grpc.TRANSPORT_ATTR_REMOTE_ADDR, Objects.requireNonNull(peer, "peer"));
      return this;
    }

    /** The call, which has begun. */
    public TestCall build() {
      return new TestCall(this);
    }
  }

  private static final class FakeCall extends ServerCall<Object, Object> {
    private final MethodDescriptor<?, ?> method;
    private final Attributes attributes;
    private volatile boolean headersSent;
    private volatile boolean cancelled;

    FakeCall(MethodDescriptor<?, ?> method, Attributes attributes) {
      this.method = method;
      this.attributes = attributes;
    }

    @Override
    public void request(int messages) {}

    @Override
    public void sendHeaders(Metadata headers) {
      headersSent = true;
    }

    @Override
    public void sendMessage(Object message) {}

    @Override
    public void close(Status status, Metadata trailers) {}

    @Override
    public boolean isCancelled() {
      return cancelled;
    }

    @Override
    public Attributes getAttributes() {
      return attributes;
    }

    @Override
    @SuppressWarnings("unchecked") // only its name and type are of interest
    public MethodDescriptor<Object, Object> getMethodDescriptor() {
      return (MethodDescriptor<Object, Object>) method;
    }
  }
}
