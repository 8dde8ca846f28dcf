package io.fairlead.client.internal;

import io.fairlead.balance.EndpointView;
import io.fairlead.balance.internal.LoadBalancingContext;
import io.fairlead.observe.AttemptOutcome.Kind;
import io.fairlead.observe.internal.AttemptResult;
import io.grpc.CallOptions;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A unary call that every instance gets, once. It is over when all have ended: then the last answer
 * is the caller's, or, if any instance failed, a failure that names each of them.
 */
final class BroadcastCall<Q, R> extends AbstractUnaryCall<Q, R> {
  private record Failure<Q, R>(UnaryAttempt<Q, R> attempt, Status status, Metadata trailers) {}

  private final Object lock = new Object();

  // The fields below are guarded by the lock; nothing of a caller's is called under it.
  private final List<UnaryAttempt<Q, R>> running = new ArrayList<>();
  private final List<Failure<Q, R>> failures = new ArrayList<>();
  private @Nullable AttemptTracer latest;
  private int endpointCount;
  private int ended;
  private int resends;
  private boolean over;
  private boolean cancelled;

  BroadcastCall(
      ClientStack stack, MethodDescriptor<Q, R> method, CallOptions options, long startedNanos) {
    super(stack, method, options, startedNanos);
  }

  @Override
  void requestMore(int numMessages) {
    running().forEach(attempt -> attempt.call.request(numMessages));
  }

  @Override
  public void halfClose() {
    synchronized (lock) {
      if (over) {
        return; // cancelled before it was complete
      }
    }
    stack.begin(this);
  }

  /** The balancer has the list: it keeps the first instance for itself and tells of the others. */
  @Override
  public void beginAttempts() {
    send(firstPick().broadcast(this::sendToOthers), Kind.FIRST);
  }

  @Override
  public void refused(Runnable tell) {
    synchronized (lock) {
      over = true;
    }
    tell.run();
  }

  private LoadBalancingContext firstPick() {
    return stack.attempts.firstPick(options, request());
  }

  /** Called within a pick, so that nothing is sent from here. */
  private void sendToOthers(List<EndpointView> everyone) {
    synchronized (lock) {
      if (endpointCount > 0) {
        return; // a pick may be made again
      }
      endpointCount = everyone.size();
    }
    if (everyone.size() > 1) {
      environment
          .callbacks()
          .execute(
              () ->
                  everyone
                      .subList(1, everyone.size())
                      .forEach(view -> send(firstPick().withEndpoint(view.id()), Kind.BROADCAST)));
    }
  }

  private void send(LoadBalancingContext pick, Kind kind) {
    Context before = context.attach();
    try {
      UnaryAttempt<Q, R> attempt;
      synchronized (lock) {
        if (over) {
          return;
        }
        AttemptTracer tracer = stack.attempts.attempt(pick, latest, kind, environment.now());
        latest = tracer;
        attempt = newAttempt(tracer);
        running.add(attempt);
      }
      send(attempt, 0);
      boolean late;
      synchronized (lock) {
        late = cancelled;
      }
      if (late) {
        attempt.cancel("the caller cancelled", null);
      }
    } finally {
      context.detach(before);
    }
  }

  @Override
  public void ended(UnaryAttempt<Q, R> attempt, AttemptResult result, Metadata trailers) {
    Status status = result.status();
    EndpointView endpoint = result.endpoint();
    boolean again;
    boolean last;
    synchronized (lock) {
      running.remove(attempt);
      again =
          !cancelled
              && endpoint != null
              && RetryState.mayResend(result, resends / Math.max(1, endpointCount), environment)
              && leftNanos() > 0;
      if (again) {
        resends++;
      } else {
        ended++;
        if (!status.isOk()) {
          failures.add(new Failure<>(attempt, status, trailers));
        }
      }
      last = !again && (ended >= endpointCount || (cancelled && running.isEmpty()));
    }
    if (again && endpoint != null) {
      send(firstPick().withEndpoint(endpoint.id()), Kind.RESEND);
    } else if (last) {
      conclude(attempt, status, trailers);
    }
  }

  private void conclude(UnaryAttempt<Q, R> attempt, Status status, Metadata trailers) {
    List<Failure<Q, R>> failed;
    int asked;
    boolean byCaller;
    synchronized (lock) {
      failed = List.copyOf(failures);
      asked = endpointCount;
      byCaller = cancelled;
    }
    if (byCaller || asked == 0) {
      finish(attempt, status, trailers, byCaller ? "the caller cancelled it" : "");
    } else if (failed.isEmpty()) {
      finish(attempt, status, trailers, "");
    } else {
      Failure<Q, R> first = failed.get(0);
      finish(
          first.attempt(),
          first.status().withDescription(describe(failed, asked)),
          first.trailers(),
          "failure mode BROADCAST asks each instance once");
    }
  }

  private static String describe(List<? extends Failure<?, ?>> failed, int asked) {
    StringBuilder text = new StringBuilder();
    text.append(failed.size()).append(" of ").append(asked).append(" instances failed: ");
    for (int i = 0; i < failed.size(); i++) {
      Status status = failed.get(i).status();
      text.append(i == 0 ? "" : ", ")
          .append(failed.get(i).attempt().tracer.remoteAddress())
          .append(' ')
          .append(status.getCode());
      if (status.getDescription() != null) {
        text.append(" (").append(status.getDescription()).append(')');
      }
    }
    return text.toString();
  }

  @Override
  public void cancel(@Nullable String message, @Nullable Throwable cause) {
    synchronized (lock) {
      if (over || cancelled) {
        return;
      }
      cancelled = true;
    }
    List<UnaryAttempt<Q, R>> now = running();
    if (now.isEmpty()) {
      Status status = Cancellations.cancellation(message, cause);
      onCallExecutor(() -> finish(null, status, new Metadata(), "it was cancelled"));
    } else {
      now.forEach(attempt -> attempt.cancel(message, cause));
    }
  }

  private List<UnaryAttempt<Q, R>> running() {
    synchronized (lock) {
      return List.copyOf(running);
    }
  }

  private void finish(
      @Nullable UnaryAttempt<Q, R> attempt, Status status, Metadata trailers, String ending) {
    AttemptTracer all;
    boolean byCaller;
    synchronized (lock) {
      if (over) {
        return;
      }
      over = true;
      byCaller = cancelled;
      all = latest;
    }
    conclude(attempt, all, status, trailers, ending, byCaller);
  }
}
