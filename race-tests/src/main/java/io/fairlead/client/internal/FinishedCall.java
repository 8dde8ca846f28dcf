package io.fairlead.client.internal;

import com.google.protobuf.Int64Value;
import io.fairlead.internal.resolve.ChannelTarget;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.openjdk.jcstress.infra.results.III_Result;

/** A client stack over a transport whose calls end when a test says so, each exactly once. */
final class FinishedCall {
  /** Where a race finds the calls that were made for it. */
  static final CallOptions.Key<@Nullable List<Call<?, ?>>> CALLS =
      CallOptions.Key.create("io.fairlead.client.internal.FinishedCall");

  private FinishedCall() {}

  static ClientCallFactory stack(ManagedChannel transport) {
    ChannelConfig channelConfig = new ChannelConfig("127.0.0.1:1");
    channelConfig.retriesPerSecond = 1_000_000_000;
    return new ClientCallFactory(
        channelConfig,
        ChannelTarget.open(channelConfig.target, null),
        SharedClientEventLoops.acquire(),
        transport);
  }

  /** Makes calls that end at once, or when told. */
  static final class Transport extends ManagedChannel {
    private final boolean answersAtOnce;

    Transport(boolean answersAtOnce) {
      this.answersAtOnce = answersAtOnce;
    }

    @Override
    public <Q, R> ClientCall<Q, R> newCall(MethodDescriptor<Q, R> method, CallOptions options) {
      Call<Q, R> call = new Call<>(answersAtOnce);
      List<Call<?, ?>> calls = options.getOption(CALLS);
      if (calls != null) {
        calls.add(call);
      }
      return call;
    }

    @Override
    public String authority() {
      return "nowhere";
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
      return false;
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) {
      return true;
    }
  }

  /** As grpc-java's: the listener hears of one end, whatever happens at the same time. */
  static final class Call<Q, R> extends ClientCall<Q, R> {
    private final boolean answersAtOnce;
    private final AtomicBoolean over = new AtomicBoolean();
    private @Nullable Listener<R> listener;
    private volatile @Nullable Q request;
    private volatile boolean halfClosed;

    /** The requests as digits, in the order in which they came. */
    volatile int requests;

    /** Cancelled with a message sent and not the half-close: grpc-java would never free it. */
    volatile boolean torn;

    Call(boolean answersAtOnce) {
      this.answersAtOnce = answersAtOnce;
    }

    @Override
    public void start(Listener<R> responses, Metadata headers) {
      listener = responses;
    }

    @Override
    public void request(int numMessages) {}

    @Override
    public void cancel(@Nullable String message, @Nullable Throwable cause) {
      torn |= request != null && !halfClosed;
      Listener<R> to = listener;
      if (to != null && over.compareAndSet(false, true)) {
        to.onClose(Status.CANCELLED, new Metadata());
      }
    }

    @Override
    public void halfClose() {
      halfClosed = true;
      if (answersAtOnce) {
        answer();
      }
    }

    @Override
    @SuppressWarnings("NonAtomicVolatileUpdate") // one thread sends at a time
    public void sendMessage(Q message) {
      request = message;
      requests = 10 * requests + (int) ((Int64Value) message).getValue();
    }

    /** Begins an answer, with nothing in it yet. */
    void begin() {
      Listener<R> to = listener;
      if (to != null) {
        to.onHeaders(new Metadata());
      }
    }

    /** With the request itself, which is of the response's type in these tests. */
    @SuppressWarnings("unchecked")
    void answer() {
      Listener<R> to = listener;
      Q answer = request;
      if (to != null && answer != null && over.compareAndSet(false, true)) {
        to.onMessage((R) answer);
        to.onClose(Status.OK, new Metadata());
      }
    }
  }

  /** Counts what a caller hears. */
  static final class Heard<R> extends ClientCall.Listener<R> {
    final AtomicInteger messages = new AtomicInteger();
    final AtomicInteger ends = new AtomicInteger();
    volatile boolean ok;

    /** Ends, messages, and whether it ended well. */
    void tell(III_Result result) {
      result.r1 = ends.get();
      result.r2 = messages.get();
      result.r3 = ok ? 1 : 0;
    }

    @Override
    public void onMessage(R message) {
      messages.incrementAndGet();
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      ok = status.isOk();
      ends.incrementAndGet();
    }
  }
}
