package io.fairlead.client.internal;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.StringValue;
import com.sun.management.ThreadMXBean;
import io.fairlead.contract.MethodContract;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.policy.RetryPolicy;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What the layers of a call leave for the collector is paid by every call of every method. */
class CallAllocationTest {
  private static final int CALLS = 1_000;

  /**
   * It was 912, of which a tenth is the test's own. Too few calls for the compiler that leaves
   * objects out, so the number is the same in each run.
   */
  private static final long MOST_BYTES = 1_000;

  private static final StringValue MESSAGE = StringValue.of("hello");
  private static final CallOptions OPTIONS = CallOptions.DEFAULT.withExecutor(Runnable::run);

  /**
   * It was 640; what is left are the outcomes of call and attempt, and the times they are given.
   */
  private static final long MOST_BYTES_OF_AN_OBSERVER = 300;

  @Test
  void aPlainCallLeavesLittleForTheCollector() {
    assertThat(allocated(config -> {})).isBetween(1L, MOST_BYTES);
  }

  @Test
  void anObserverThatCountsCostsACallItsOutcomesAlone() {
    LongAdder ended = new LongAdder();
    long observed = allocated(config -> config.observers.add(outcome -> ended.increment()));
    assertThat(ended.sum()).isEqualTo(2 * CALLS);
    assertThat(observed - allocated(config -> {})).isBetween(1L, MOST_BYTES_OF_AN_OBSERVER);
  }

  /** Returns what a call allocates in a channel with these settings. */
  private static long allocated(Consumer<ChannelConfig> settings) {
    MethodContract<StringValue, StringValue> say =
        ScriptedServer.say(
            MethodPolicy.builder()
                .deadline(Duration.ofMinutes(5))
                .retry(RetryPolicy.builder().attempts(3).build())
                .build(),
            true);
    Consumer<ChannelConfig> answering = config -> config.attemptInterceptors.add(new Answering());
    try (OpenStack stack = new OpenStack("127.0.0.1:1", answering.andThen(settings))) {
      callMany(stack, say.descriptor());
      ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
      long before = threads.getCurrentThreadAllocatedBytes();
      callMany(stack, say.descriptor());
      return (threads.getCurrentThreadAllocatedBytes() - before) / CALLS;
    }
  }

  private static void callMany(OpenStack stack, MethodDescriptor<StringValue, StringValue> say) {
    Metadata headers = new Metadata();
    Listener listener = new Listener();
    for (int i = 0; i < CALLS; i++) {
      ClientCall<StringValue, StringValue> call = stack.newCall(say, OPTIONS);
      call.start(listener, headers);
      call.request(2);
      call.sendMessage(MESSAGE);
      call.halfClose();
    }
    assertThat(listener.ended).isEqualTo(CALLS);
  }

  private static final class Listener extends ClientCall.Listener<StringValue> {
    int ended;

    @Override
    public void onClose(Status status, Metadata trailers) {
      ended += status.isOk() ? 1 : 0;
    }
  }

  /** Answers each attempt where it would reach the connections. */
  private static final class Answering implements ClientInterceptor {
    @Override
    public <Q, R> ClientCall<Q, R> interceptCall(
        MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
      return new Answered<>();
    }
  }

  private static final class Answered<Q, R> extends ClientCall<Q, R> {
    private ClientCall.@Nullable Listener<R> listener;

    @Override
    public void start(ClientCall.Listener<R> responseListener, Metadata headers) {
      listener = responseListener;
    }

    @Override
    @SuppressWarnings("unchecked") // the one method of this test
    public void halfClose() {
      if (listener != null) {
        listener.onMessage((R) MESSAGE);
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
}
