package io.fairlead.balance.internal;

import io.fairlead.balance.internal.algorithm.KeyHash;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.SynchronizationContext;
import io.grpc.SynchronizationContext.ScheduledHandle;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A stream of responses over one connection that is opened again whenever it ends, until it is
 * stopped or the server says that it does not know the method.
 *
 * <p>The health watch and the load reports use it. The pause between two attempts doubles up to two
 * minutes, with a jitter, and starts anew after a response. All its state changes in the
 * synchronization context; events of the stream are handed to it. {@link Connection} opens and
 * stops it.
 */
final class ReconnectingStream<Q, R> {
  private static final long FIRST_BACKOFF_MILLIS = 1_000;
  private static final long LONGEST_BACKOFF_MILLIS = 120_000;

  private final Channel channel;
  private final MethodDescriptor<Q, R> method;
  private final Q request;
  private final Context context;
  private final Consumer<? super R> onAnswer;
  private final Consumer<? super Status> onEnd;
  private @Nullable ClientCall<Q, R> call;
  private @Nullable ScheduledHandle reconnectTimer;
  private long backoffMillis = FIRST_BACKOFF_MILLIS;
  private boolean stopped;

  /** Where streams run. */
  record Context(
      SynchronizationContext sync, ScheduledExecutorService timer, LongSupplier randomBits) {}

  /**
   * A stream that is not open yet.
   *
   * @param onEnd told each time the stream ends; with UNIMPLEMENTED it is not opened again
   */
  ReconnectingStream(
      Channel channel,
      MethodDescriptor<Q, R> method,
      Q request,
      Context context,
      Consumer<? super R> onAnswer,
      Consumer<? super Status> onEnd) {
    this.channel = channel;
    this.method = method;
    this.request = request;
    this.context = context;
    this.onAnswer = onAnswer;
    this.onEnd = onEnd;
  }

  void open() {
    Executor direct = Runnable::run;
    ClientCall<Q, R> opened = channel.newCall(method, CallOptions.DEFAULT.withExecutor(direct));
    call = opened;
    opened.start(new Answers(opened), new Metadata());
    opened.sendMessage(request);
    opened.halfClose();
    opened.request(1);
  }

  void stop() {
    stopped = true;
    if (reconnectTimer != null) {
      reconnectTimer.cancel();
    }
    if (call != null) {
      call.cancel("the connection is no longer watched", null);
    }
  }

  private void answered(R answer) {
    if (!stopped) {
      backoffMillis = FIRST_BACKOFF_MILLIS;
      onAnswer.accept(answer);
    }
  }

  private void ended(Status status) {
    if (stopped) {
      return;
    }
    call = null;
    if (status.getCode() != Status.Code.UNIMPLEMENTED) {
      double jitter = 0.8 + 0.4 * KeyHash.unit(context.randomBits().getAsLong());
      long wait = (long) (backoffMillis * jitter);
      backoffMillis = Math.min(backoffMillis * 2, LONGEST_BACKOFF_MILLIS);
      reconnectTimer =
          context.sync().schedule(this::open, wait, TimeUnit.MILLISECONDS, context.timer());
    }
    onEnd.accept(status);
  }

  private final class Answers extends ClientCall.Listener<R> {
    private final ClientCall<Q, R> of;

    Answers(ClientCall<Q, R> of) {
      this.of = of;
    }

    @Override
    public void onMessage(R answer) {
      context.sync().execute(() -> answered(answer));
      of.request(1);
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      context
          .sync()
          .execute(
              () -> {
                if (call == of) {
                  ended(status);
                }
              });
    }
  }
}
