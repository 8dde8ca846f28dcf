package io.fairlead.client.internal;

import com.google.common.util.concurrent.MoreExecutors;
import com.google.protobuf.Int64Value;
import io.fairlead.contract.MethodContract;
import io.fairlead.policy.CircuitBreakerPolicy;
import io.fairlead.policy.HedgingPolicy;
import io.fairlead.policy.MethodPolicy;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.Status;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.IIII_Result;
import org.openjdk.jcstress.infra.results.III_Result;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;

/** A call and its attempts: whatever races, its caller hears of one end. */
public final class AttemptRaces {
  private static final CallOptions OPTIONS =
      CallOptions.DEFAULT.withExecutor(MoreExecutors.directExecutor());
  private static final MethodContract<Int64Value, Int64Value> PLAIN =
      unary(MethodPolicy.builder().breaker(CircuitBreakerPolicy.off()).build());
  private static final MethodContract<Int64Value, Int64Value> HEDGED =
      unary(
          MethodPolicy.builder()
              .breaker(CircuitBreakerPolicy.off())
              .hedging(HedgingPolicy.builder().attempts(2).delay(Duration.ofHours(1)).build())
              .build());
  private static final MethodContract<Int64Value, Int64Value> STREAM =
      MethodContract.bidiStreaming(
              "a.Races", "Stream", Int64Value.getDefaultInstance(), Int64Value.getDefaultInstance())
          .policy(MethodPolicy.builder().breaker(CircuitBreakerPolicy.off()).build())
          .build();

  private static final MethodContract<Int64Value, Int64Value> ANSWERS =
      MethodContract.serverStreaming(
              "a.Races",
              "Answers",
              Int64Value.getDefaultInstance(),
              Int64Value.getDefaultInstance())
          .policy(MethodPolicy.builder().breaker(CircuitBreakerPolicy.off()).build())
          .build();

  private AttemptRaces() {}

  private static MethodContract<Int64Value, Int64Value> unary(MethodPolicy policy) {
    return MethodContract.unary(
            "a.Races", "Unary", Int64Value.getDefaultInstance(), Int64Value.getDefaultInstance())
        .idempotent()
        .policy(policy)
        .build();
  }

  private static Runnable hedgeTimer(UnaryCall<?, ?> call) {
    synchronized (call) {
      return Objects.requireNonNull(call.hedgeTimer, "no hedge is awaited");
    }
  }

  /** A stack is dear, so that races of one kind share it; their calls do not meet. */
  private static final class Shared {
    static final ClientCallFactory AT_ONCE = FinishedCall.stack(new FinishedCall.Transport(true));
    static final ClientCallFactory WHEN_TOLD =
        FinishedCall.stack(new FinishedCall.Transport(false));
  }

  /** The request is complete, and its caller cancels. */
  @JCStressTest
  @State
  @Outcome(
      id = {"1, 1, 1", "1, 0, 0"},
      expect = Expect.ACCEPTABLE,
      desc = "answered, or cancelled")
  @Outcome(expect = Expect.FORBIDDEN, desc = "no end, two ends, or half an answer")
  public static class SendAndCancel {
    private final FinishedCall.Heard<Int64Value> heard = new FinishedCall.Heard<>();
    private final ClientCall<Int64Value, Int64Value> call =
        Shared.AT_ONCE.newCall(PLAIN.descriptor(), OPTIONS);

    public SendAndCancel() {
      call.start(heard, new Metadata());
      call.request(2);
      call.sendMessage(Int64Value.of(1));
    }

    @Actor
    public void sender() {
      call.halfClose();
    }

    @Actor
    public void canceller() {
      call.cancel("gone", null);
    }

    @Arbiter
    public void after(III_Result result) {
      heard.tell(result);
    }
  }

  /** Both attempts of a hedged call are answered. */
  @JCStressTest
  @State
  @Outcome(id = "1, 1, 1", expect = Expect.ACCEPTABLE, desc = "one answer")
  @Outcome(expect = Expect.FORBIDDEN, desc = "none, or both")
  public static class TwoHedges {
    private final FinishedCall.Heard<Int64Value> heard = new FinishedCall.Heard<>();
    private final List<FinishedCall.Call<?, ?>> attempts = new ArrayList<>(2);

    public TwoHedges() {
      UnaryCall<Int64Value, Int64Value> call =
          (UnaryCall<Int64Value, Int64Value>)
              Shared.WHEN_TOLD.newCall(
                  HEDGED.descriptor(), OPTIONS.withOption(FinishedCall.CALLS, attempts));
      call.start(heard, new Metadata());
      call.request(2);
      call.sendMessage(Int64Value.of(1));
      call.halfClose();
      hedgeTimer(call).run();
    }

    @Actor
    public void first() {
      attempts.get(0).answer();
    }

    @Actor
    public void hedge() {
      attempts.get(1).answer();
    }

    @Arbiter
    public void after(III_Result result) {
      heard.tell(result);
    }
  }

  /** The stream is answered while its caller cancels. */
  @JCStressTest
  @State
  @Outcome(
      id = {"1, 1, 1", "1, 0, 0"},
      expect = Expect.ACCEPTABLE,
      desc = "answered, or cancelled")
  @Outcome(expect = Expect.FORBIDDEN, desc = "no end, two ends, or half an answer")
  public static class StreamAndCancel {
    private final FinishedCall.Heard<Int64Value> heard = new FinishedCall.Heard<>();
    private final ClientCall<Int64Value, Int64Value> call =
        Shared.AT_ONCE.newCall(STREAM.descriptor(), OPTIONS);

    public StreamAndCancel() {
      call.start(heard, new Metadata());
      call.request(2);
      call.sendMessage(Int64Value.of(1));
    }

    @Actor
    public void sender() {
      call.halfClose();
    }

    @Actor
    public void canceller() {
      call.cancel("gone", null);
    }

    @Arbiter
    public void after(III_Result result) {
      heard.tell(result);
    }
  }

  /** The server begins to answer while the caller sends. */
  @JCStressTest
  @State
  @Outcome(id = "123", expect = Expect.ACCEPTABLE, desc = "all of them, in order")
  @Outcome(expect = Expect.FORBIDDEN, desc = "one is lost, comes twice or too early")
  public static class SendAndAnswer {
    private final FinishedCall.Heard<Int64Value> heard = new FinishedCall.Heard<>();
    private final List<FinishedCall.Call<?, ?>> calls = new ArrayList<>(1);
    private final ClientCall<Int64Value, Int64Value> call =
        Shared.WHEN_TOLD.newCall(
            STREAM.descriptor(), OPTIONS.withOption(FinishedCall.CALLS, calls));

    public SendAndAnswer() {
      call.start(heard, new Metadata());
    }

    @Actor
    public void sender() {
      call.sendMessage(Int64Value.of(1));
      call.sendMessage(Int64Value.of(2));
      call.sendMessage(Int64Value.of(3));
    }

    @Actor
    public void server() {
      calls.get(0).begin();
    }

    @Arbiter
    public void after(I_Result result) {
      result.r1 = calls.get(0).requests;
    }
  }

  /** The one request of a stream of answers leaves while its caller cancels. */
  @JCStressTest
  @State
  @Outcome(
      id = {"1, 1, 1, 0", "1, 0, 0, 0"},
      expect = Expect.ACCEPTABLE,
      desc = "answered, or cancelled")
  @Outcome(
      expect = Expect.FORBIDDEN,
      desc = "no end, two ends, or cancelled between the message and its half-close")
  public static class WholeOrNotAtAll {
    private final FinishedCall.Heard<Int64Value> heard = new FinishedCall.Heard<>();
    private final List<FinishedCall.Call<?, ?>> calls = new ArrayList<>(1);
    private final ClientCall<Int64Value, Int64Value> call =
        Shared.AT_ONCE.newCall(ANSWERS.descriptor(), OPTIONS.withOption(FinishedCall.CALLS, calls));

    public WholeOrNotAtAll() {
      call.start(heard, new Metadata());
      call.request(2);
    }

    @Actor
    public void sender() {
      call.sendMessage(Int64Value.of(1));
      call.halfClose();
    }

    @Actor
    public void canceller() {
      call.cancel("gone", null);
    }

    @Arbiter
    public void after(IIII_Result result) {
      result.r1 = heard.ends.get();
      result.r2 = heard.messages.get();
      result.r3 = heard.ok ? 1 : 0;
      result.r4 = calls.stream().anyMatch(each -> each.torn) ? 1 : 0;
    }
  }

  /** The backoff of a call elapses, its caller cancels, and the channel closes. */
  @JCStressTest
  @State
  @Outcome(
      id = {"1, 0", "0, 1"},
      expect = Expect.ACCEPTABLE,
      desc = "goes on, or ends")
  @Outcome(expect = Expect.FORBIDDEN, desc = "both, neither, or one of them twice")
  public static class EndOfABackoff implements BackoffTimer.Listener {
    private final AtomicInteger elapsed = new AtomicInteger();
    private final AtomicInteger aborted = new AtomicInteger();
    private final BackoffTimer timer =
        new BackoffTimer(Shared.AT_ONCE.environment, Context.ROOT, this);

    @Override
    public void onElapsed() {
      elapsed.incrementAndGet();
    }

    @Override
    public void onAborted(Status why) {
      aborted.incrementAndGet();
    }

    @Actor
    public void timer() {
      timer.run();
    }

    @Actor
    public void caller() {
      timer.abort(Status.CANCELLED);
    }

    @Actor
    public void channel() {
      timer.channelClosed();
    }

    @Arbiter
    public void after(II_Result result) {
      result.r1 = elapsed.get();
      result.r2 = aborted.get();
    }
  }
}
