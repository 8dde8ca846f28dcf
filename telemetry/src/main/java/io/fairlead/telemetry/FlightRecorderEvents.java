package io.fairlead.telemetry;

import io.fairlead.lifecycle.ServerState;
import io.fairlead.observe.AttemptOutcome;
import io.fairlead.observe.CallObserver;
import io.fairlead.observe.CallOutcome;
import io.fairlead.observe.CircuitBreakerStatus;
import io.fairlead.observe.ServerCallObserver;
import io.fairlead.observe.ServerCallOutcome;
import io.grpc.Context;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import jdk.jfr.Category;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/**
 * Writes events of calls, attempts, picks, circuit breakers, lists of endpoints and the life of
 * servers for JDK Flight Recorder. They are off until a recording asks for them, by name or all of
 * {@code io.fairlead.*}.
 *
 * <p>An event of a call, an attempt or a pick is written when its call has ended, and has the time
 * that it took as a field.
 */
public final class FlightRecorderEvents implements CallObserver, ServerCallObserver {
  private FlightRecorderEvents() {}

  /** Returns the observer, for channels and for servers. */
  public static FlightRecorderEvents create() {
    return new FlightRecorderEvents();
  }

  @Override
  public void callEnded(CallOutcome outcome) {
    ClientCallEvent event = new ClientCallEvent();
    if (event.isEnabled()) {
      event.method = outcome.method();
      event.target = outcome.target();
      event.code = outcome.code().name();
      event.message = outcome.description();
      event.attempts = outcome.attempts().size();
      event.total = outcome.totalTime().toNanos();
      event.traceId = traceId(outcome.context());
      event.commit();
    }
    List<AttemptOutcome> attempts = outcome.attempts();
    for (int i = 0; i < attempts.size(); i++) {
      write(outcome, attempts.get(i));
    }
  }

  private static void write(CallOutcome call, AttemptOutcome attempt) {
    PickEvent pick = new PickEvent();
    if (pick.isEnabled()) {
      pick.method = call.method();
      pick.target = call.target();
      pick.number = attempt.number();
      pick.endpoint = attempt.endpoint();
      pick.endpointId = attempt.endpointId();
      pick.reason = attempt.pickReason();
      pick.delayed = attempt.pickDelayed();
      pick.wait = attempt.waitTime().toNanos();
      pick.resolution = attempt.resolutionDelay().toNanos();
      pick.traceId = traceId(call.context());
      pick.commit();
    }
    AttemptEvent event = new AttemptEvent();
    if (event.isEnabled()) {
      event.method = call.method();
      event.number = attempt.number();
      event.kind = lower(attempt.kind());
      event.endpoint = attempt.endpoint();
      event.endpointId = attempt.endpointId();
      event.pickReason = attempt.pickReason();
      event.code = attempt.code().name();
      event.wait = attempt.waitTime().toNanos();
      event.wire = attempt.wireTime().toNanos();
      event.traceId = traceId(call.context());
      event.commit();
    }
  }

  @Override
  public void callEnded(ServerCallOutcome outcome) {
    ServerCallEvent event = new ServerCallEvent();
    if (event.isEnabled()) {
      event.method = outcome.method();
      event.code = outcome.code().name();
      event.ending = lower(outcome.ending());
      event.caller = outcome.caller().orElse("");
      event.queue = outcome.queueTime().toNanos();
      event.handler = outcome.handlerTime().map(Duration::toNanos).orElse(0L);
      event.total = outcome.totalTime().toNanos();
      event.traceId = traceId(outcome.context());
      event.commit();
    }
  }

  @Override
  public void circuitBreakerChanged(CircuitBreakerStatus breaker) {
    BreakerEvent event = new BreakerEvent();
    if (event.isEnabled()) {
      event.scope = lower(breaker.scope());
      event.name = breaker.name();
      event.phase = lower(breaker.phase());
      event.commit();
    }
  }

  @Override
  public void endpointsChanged(String target, List<String> added, List<String> removed, int known) {
    EndpointsEvent event = new EndpointsEvent();
    if (event.isEnabled()) {
      event.target = target;
      event.added = String.join(", ", added);
      event.removed = String.join(", ", removed);
      event.known = known;
      event.commit();
    }
  }

  @Override
  public void stateChanged(String server, ServerState state) {
    ServerStateEvent event = new ServerStateEvent();
    if (event.isEnabled()) {
      event.server = server;
      event.phase = lower(state.phase());
      event.detail = state.detail();
      event.commit();
    }
  }

  private static String traceId(Context context) {
    TraceContext trace = TraceContext.find(context);
    return trace == null ? "" : trace.traceId();
  }

  private static String lower(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  @Override
  public String toString() {
    return "FlightRecorderEvents";
  }

  /** A call of a channel. */
  @Name("io.fairlead.ClientCall")
  @Label("Client Call")
  @Category("Fairlead")
  @Enabled(false)
  @StackTrace(false)
  static final class ClientCallEvent extends Event {
    String method = "";
    String target = "";
    String code = "";
    String message = "";
    int attempts;
    @Timespan long total;
    String traceId = "";
  }

  /** An attempt, with the pick of its endpoint. */
  @Name("io.fairlead.Attempt")
  @Label("Attempt")
  @Category("Fairlead")
  @Enabled(false)
  @StackTrace(false)
  static final class AttemptEvent extends Event {
    String method = "";
    int number;
    String kind = "";
    String endpoint = "";
    String endpointId = "";
    String pickReason = "";
    String code = "";
    @Timespan long wait;
    @Timespan long wire;
    String traceId = "";
  }

  /** The choice of the endpoint of an attempt, and what it waited for. */
  @Name("io.fairlead.Pick")
  @Label("Pick")
  @Category("Fairlead")
  @Enabled(false)
  @StackTrace(false)
  static final class PickEvent extends Event {
    String method = "";
    String target = "";
    int number;
    String endpoint = "";
    String endpointId = "";
    String reason = "";
    boolean delayed;
    @Timespan long wait;
    @Timespan long resolution;
    String traceId = "";
  }

  /** A call of a server. */
  @Name("io.fairlead.ServerCall")
  @Label("Server Call")
  @Category("Fairlead")
  @Enabled(false)
  @StackTrace(false)
  static final class ServerCallEvent extends Event {
    String method = "";
    String code = "";
    String ending = "";
    String caller = "";
    @Timespan long queue;
    @Timespan long handler;
    @Timespan long total;
    String traceId = "";
  }

  /** A circuit breaker in another phase. */
  @Name("io.fairlead.CircuitBreaker")
  @Label("Circuit Breaker")
  @Category("Fairlead")
  @Enabled(false)
  @StackTrace(false)
  static final class BreakerEvent extends Event {
    String scope = "";
    String name = "";
    String phase = "";
  }

  /** Another list of endpoints, from a registry or from DNS. */
  @Name("io.fairlead.Endpoints")
  @Label("Endpoints")
  @Category("Fairlead")
  @Enabled(false)
  @StackTrace(false)
  static final class EndpointsEvent extends Event {
    String target = "";
    String added = "";
    String removed = "";
    int known;
  }

  /** A step in the life of a server, such as those of a drain. */
  @Name("io.fairlead.ServerState")
  @Label("Server State")
  @Category("Fairlead")
  @Enabled(false)
  @StackTrace(false)
  static final class ServerStateEvent extends Event {
    String server = "";
    String phase = "";
    String detail = "";
  }
}
