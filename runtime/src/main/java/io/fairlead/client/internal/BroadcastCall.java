package io.fairlead.client.internal;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.fairlead.balance.EndpointView;
import io.fairlead.balance.internal.LoadBalancingContext;
import io.fairlead.balance.internal.PickRequest;
import io.fairlead.internal.Plural;
import io.fairlead.observe.AttemptOutcome.Kind;
import io.fairlead.observe.internal.AttemptResult;
import io.grpc.CallOptions;
import io.grpc.Deadline;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A unary call that every endpoint gets, once.
 *
 * <p>The first attempt's pick is told the list of endpoints; the attempts at the others start from
 * there, on a thread of their own, as a pick must not send. The call is over when all attempts have
 * ended. The caller then gets the last response, or, if any endpoint failed, a failure that names
 * each of them. An endpoint that never looked at its request gets it again.
 *
 * <p>The counts here are guarded by the monitor of the call, as the state of {@link AttemptEngine}.
 */
final class BroadcastCall<Q, R> extends UnaryCall<Q, R> {
  /** An attempt that has failed. */
  private record Failure<Q, R>(Attempt<Q, R> attempt, AttemptResult result, Metadata trailers) {}

  @GuardedBy("this")
  private final List<Failure<Q, R>> failures = new ArrayList<>();

  @GuardedBy("this")
  private int endpointCount;

  @GuardedBy("this")
  private int ended;

  @GuardedBy("this")
  private int resends;

  BroadcastCall(
      ClientStack stack,
      MethodDescriptor<Q, R> method,
      CallOptions options,
      @Nullable Deadline deadline,
      long startedNanos) {
    super(stack, method, options, deadline, startedNanos);
  }

  /** The balancer has the list: it keeps the first endpoint for itself and tells of the others. */
  @Override
  public void beginAttempts(AttemptTracer first) {
    PickRequest asked = first.pick.request();
    first.pick.request(asked.withBroadcast(everyone -> sendToOthers(asked, everyone)));
    super.beginAttempts(first);
  }

  /**
   * Called within a pick, so that nothing is sent from here; once, as it pins the first attempt.
   */
  private void sendToOthers(PickRequest asked, List<EndpointView> everyone) {
    synchronized (this) {
      endpointCount = everyone.size();
    }
    List<EndpointView> others = everyone.subList(1, everyone.size());
    if (!others.isEmpty()) {
      Runnable sendAll =
          () -> others.forEach(one -> send(asked.withEndpoint(one.id()), Kind.BROADCAST));
      stack.environment.callbacks().execute(sendAll);
    }
  }

  private void send(PickRequest asked, Kind kind) {
    Attempt<Q, R> attempt;
    synchronized (this) {
      if (isOver()) {
        return;
      }
      attempt = launch(asked, kind);
    }
    complete(attempt);
  }

  @GuardedBy("this")
  private Attempt<Q, R> launch(PickRequest asked, Kind kind) {
    Attempt<Q, R> last = latest();
    return launch(
        stack.attempts.attempt(
            LoadBalancingContext.first(asked),
            last == null ? null : last.tracer,
            kind,
            stack.environment.now()));
  }

  /** The call is over when all have ended, and not with the first answer. */
  @Override
  void ended(Attempt<Q, R> attempt, AttemptResult result, Metadata trailers) {
    EndpointView endpoint = result.endpoint();
    Attempt<Q, R> again = null;
    boolean last;
    synchronized (this) {
      int running = runningAfter(attempt);
      if (isOver()) {
        return;
      }
      if (endpoint != null && AttemptStrategy.resends(result, counts(running))) {
        resends++;
        PickRequest asked = attempt.tracer.pick.request();
        again = launch(asked.withEndpoint(endpoint.id()), Kind.RESEND);
      } else {
        ended++;
        if (!result.status().isOk()) {
          failures.add(new Failure<>(attempt, result, trailers));
        }
      }
      last = again == null && (ended >= endpointCount || (isCancelled() && running == 0));
    }
    if (again != null) {
      complete(again);
    } else if (last) {
      concludeAll(attempt, result, trailers);
    } else if (result.status().isOk()) {
      attempt.dropResponse();
    }
  }

  /** Each endpoint has its share of the re-sends. */
  @GuardedBy("this")
  private AttemptStrategy.Counts counts(int running) {
    return new AttemptStrategy.Counts(
        ended,
        running,
        resends / Math.max(1, endpointCount),
        1,
        isCancelled(),
        isCancelled(),
        stack.environment.backoffs().closing(),
        leftNanos(),
        0);
  }

  private void concludeAll(Attempt<Q, R> attempt, AttemptResult result, Metadata trailers) {
    List<Failure<Q, R>> failed;
    int asked;
    synchronized (this) {
      failed = List.copyOf(failures);
      asked = endpointCount;
    }
    if (isCancelled() || asked == 0) {
      String ending = isCancelled() ? "the caller cancelled it" : "";
      finish(attempt, result.status(), trailers, ending);
    } else if (failed.isEmpty()) {
      finish(attempt, result.status(), trailers, "");
    } else {
      Failure<Q, R> first = failed.get(0);
      finish(
          first.attempt(),
          first.result().status().withDescription(describe(failed, asked)),
          first.trailers(),
          "failure mode BROADCAST calls each endpoint once");
    }
  }

  private static String describe(List<? extends Failure<?, ?>> failed, int asked) {
    StringBuilder text = new StringBuilder();
    text.append(failed.size())
        .append(" of ")
        .append(Plural.of(asked, "endpoint"))
        .append(" failed: ");
    for (int i = 0; i < failed.size(); i++) {
      Status status = failed.get(i).result().status();
      text.append(i == 0 ? "" : ", ")
          .append(failed.get(i).attempt().tracer.where())
          .append(' ')
          .append(status.getCode());
      if (status.getDescription() != null) {
        text.append(" (").append(status.getDescription()).append(')');
      }
    }
    return text.toString();
  }
}
