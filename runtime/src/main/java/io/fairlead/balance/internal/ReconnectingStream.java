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
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
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

  /** A stream that lasted as long as this one begins the backoff anew, whatever it answered. */
  private static final long STEADY_NANOS = TimeUnit.SECONDS.toNanos(10);

  /** How long the first answer may take. */
  static final long FIRST_ANSWER_MILLIS = 1_000;

  private static final Status SILENT =
      Status.DEADLINE_EXCEEDED.withDescription("no answer within 1s");

  private final Channel channel;
  private final MethodDescriptor<Q, R> method;
  private final Q request;
  private final Context context;
  private final Consumer<? super R> onAnswer;
  private final Consumer<? super Status> onNoAnswer;
  private @Nullable ClientCall<Q, R> call;
  private @Nullable ScheduledHandle reconnectTimer;
  private @Nullable ScheduledHandle silenceTimer;
  private long backoffMillis = FIRST_BACKOFF_MILLIS;
  private long openedNanos;
  private boolean answered;
  private boolean stopped;

  /** Where streams run, and what headers they carry. */
  record Context(
      SynchronizationContext sync,
      ScheduledExecutorService timer,
      ClockAndRandom clockAndRandom,
      Map<String, String> headers) {}

  /**
   * A stream that is not open yet.
   *
   * @param onNoAnswer told why, each time the stream ends before its first answer, or has none for
   *     a second; with UNIMPLEMENTED it is not opened again
   */
  ReconnectingStream(
      Channel channel,
      MethodDescriptor<Q, R> method,
      Q request,
      Context context,
      Consumer<? super R> onAnswer,
      Consumer<? super Status> onNoAnswer) {
    this.channel = channel;
    this.method = method;
    this.request = request;
    this.context = context;
    this.onAnswer = onAnswer;
    this.onNoAnswer = onNoAnswer;
  }

  void open() {
    openedNanos = nanoTime();
    answered = false;
    silenceTimer = schedule(() -> onNoAnswer.accept(SILENT), FIRST_ANSWER_MILLIS);
    Executor direct = Runnable::run;
    ClientCall<Q, R> opened = channel.newCall(method, CallOptions.DEFAULT.withExecutor(direct));
    call = opened;
    opened.start(new Answers(opened), headers());
    opened.sendMessage(request);
    opened.halfClose();
    opened.request(1);
  }

  private Metadata headers() {
    Metadata headers = new Metadata();
    for (Map.Entry<String, String> header : context.headers().entrySet()) {
      headers.put(
          Metadata.Key.of(header.getKey(), Metadata.ASCII_STRING_MARSHALLER), header.getValue());
    }
    return headers;
  }

  private long nanoTime() {
    return context.clockAndRandom().nanoTime().getAsLong();
  }

  private ScheduledHandle schedule(Runnable task, long millis) {
    return context.sync().schedule(task, millis, TimeUnit.MILLISECONDS, context.timer());
  }

  void stop() {
    stopped = true;
    cancel(reconnectTimer);
    cancel(silenceTimer);
    if (call != null) {
      call.cancel("the connection is no longer watched", null);
    }
  }

  private static void cancel(@Nullable ScheduledHandle timer) {
    if (timer != null) {
      timer.cancel();
    }
  }

  private void answered(R answer) {
    if (!stopped) {
      answered = true;
      cancel(silenceTimer);
      silenceTimer = null; // the stream stands for long, and would keep it
      onAnswer.accept(answer);
    }
  }

  private void ended(Status status) {
    if (stopped) {
      return;
    }
    call = null;
    cancel(silenceTimer);
    boolean unknown = status.getCode() == Status.Code.UNIMPLEMENTED;
    if (!unknown) {
      // Not for an answer alone: a server may answer, end the stream, and be asked again for ever.
      if (nanoTime() - openedNanos >= STEADY_NANOS) {
        backoffMillis = FIRST_BACKOFF_MILLIS;
      }
      double jitter = 0.8 + 0.4 * KeyHash.unit(context.clockAndRandom().randomBits().getAsLong());
      reconnectTimer = schedule(this::open, (long) (backoffMillis * jitter));
      backoffMillis = Math.min(backoffMillis * 2, LONGEST_BACKOFF_MILLIS);
    }
    // What it answered last holds until it is open again.
    if (unknown || !answered) {
      onNoAnswer.accept(status);
    }
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
