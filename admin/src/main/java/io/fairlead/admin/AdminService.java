package io.fairlead.admin;

import io.fairlead.admin.v1.AdminRpc;
import io.fairlead.client.RpcChannel;
import io.fairlead.management.WebHandler;
import io.fairlead.observe.CallObserver;
import io.fairlead.observe.CallOutcome;
import io.fairlead.observe.CircuitBreakerStatus;
import io.fairlead.observe.ServerCallObserver;
import io.fairlead.observe.ServerCallOutcome;
import io.fairlead.server.RpcServer;
import io.fairlead.telemetry.CurveRecorder;
import io.grpc.BindableService;
import io.grpc.ServerServiceDefinition;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Serves {@code fairlead.admin.v1.Admin}: shows the servers and channels of a process with their
 * last calls, their policies and the log, drains and undrains servers, changes their weight and the
 * levels of loggers, and resets circuit breakers.
 *
 * <pre>{@code
 * AdminService admin = AdminService.builder().audit(auditLog::write).build();
 * RpcServer server =
 *     RpcServer.builder("inventory")
 *         .service(InventoryRpc.bind(handler))
 *         .service(admin)
 *         .observer(admin)
 *         .authorizer(authorizer)
 *         .start();
 * admin.watch(server);
 * }</pre>
 *
 * <p>Its contract asks for the scopes {@code fairlead.admin.read} and {@code fairlead.admin.write},
 * so a server without an authorizer does not start with it. It shows what it was given with {@link
 * #watch}. As an observer of servers and channels it counts and keeps their last calls, and notes
 * who was refused.
 *
 * <p>Each action is an {@link AuditEvent}, and a line of the logger {@code
 * io.fairlead.admin.audit}. Safe for use by many threads; it owns nothing.
 */
public final class AdminService implements BindableService, ServerCallObserver, CallObserver {
  private static final String OWN_METHODS = AdminRpc.SERVICE_NAME + "/";

  private final WatchedProcess process = new WatchedProcess();
  private final ActionLog actions;
  private final CallLog calls;
  private final BreakerLog breakers;
  private final Heartbeat heartbeat;
  private final LogPage logPage;
  private final AdminHandler handler;

  private AdminService(Builder builder) {
    this.actions = new ActionLog(builder.clock, System::nanoTime, builder.listeners);
    this.calls = new CallLog(builder.slowFrom, builder.clock);
    this.breakers = new BreakerLog(builder.clock);
    this.heartbeat = new Heartbeat(builder.clock);
    this.logPage = new LogPage(builder.logs);
    this.handler =
        new AdminHandler(
            process,
            heartbeat,
            actions,
            calls,
            breakers,
            builder.confirmation,
            builder.clock,
            builder.logs,
            builder.logLevels,
            builder.curves);
  }

  /** Returns one with the defaults. */
  public static AdminService create() {
    return builder().build();
  }

  /** Starts to describe one. */
  public static Builder builder() {
    return new Builder();
  }

  /** Shows a server, and lets callers act on it, until it is closed. */
  public void watch(RpcServer server) {
    process.add(Objects.requireNonNull(server, "server"));
  }

  /** Shows a channel until it is closed. */
  public void watch(RpcChannel channel) {
    process.add(Objects.requireNonNull(channel, "channel"));
  }

  /**
   * Shows settings of this process, such as {@code settings.shown()} of the starter. A value
   * replaces an earlier one of the same name. Whoever gives them hides secrets.
   *
   * @param origin where they come from, such as {@code "environment"}
   * @param values by name
   */
  public void settings(String origin, Map<String, String> values) {
    process.add(Objects.requireNonNull(origin, "origin"), values);
  }

  /**
   * Says that the application's own work goes on, and in which phase it is, such as {@code "loading
   * the model"}. {@code GetState} and {@link #heartbeatPage} show when this was said last.
   */
  public void alive(String phase) {
    heartbeat.beat(Objects.requireNonNull(phase, "phase"));
  }

  /**
   * Returns a page with the age of the last sign of life, for {@code /heartbeat}. With the
   * parameter {@code max=30} it answers with 503 if that is older than 30 seconds.
   */
  public WebHandler heartbeatPage() {
    return heartbeat;
  }

  /**
   * Returns a page with the last lines of the log, for {@code /logs}: as text, as JSON, or as
   * server-sent events with those that come. The parameters {@code level}, {@code logger}, {@code
   * trace} and {@code last} choose among them.
   */
  public WebHandler logPage() {
    return logPage;
  }

  @Override
  public ServerServiceDefinition bindService() {
    return AdminRpc.bind(handler);
  }

  /** Counts a call of the application. */
  @Override
  public void callStarted(String method) {
    if (!method.startsWith(OWN_METHODS)) {
      process.callStarted();
    }
  }

  /** Counts the end of a call of the application, and notes who was refused by the authorizer. */
  @Override
  public void callEnded(ServerCallOutcome outcome) {
    if (!outcome.method().startsWith(OWN_METHODS)) {
      process.callEnded();
      calls.add(outcome);
    } else if (outcome.ending() == ServerCallOutcome.Ending.REJECTED_BY_AUTHORIZER) {
      String caller =
          outcome.caller().or(() -> outcome.peer().map(Object::toString)).orElse("unknown");
      actions.refused(
          caller,
          outcome.method().substring(OWN_METHODS.length()),
          outcome.code() + ": " + outcome.description());
    }
  }

  /** Notes a call of a channel. */
  @Override
  public void callEnded(CallOutcome outcome) {
    calls.add(outcome);
  }

  /** Notes a circuit breaker of a channel that went to another phase. */
  @Override
  public void circuitBreakerChanged(CircuitBreakerStatus breaker) {
    breakers.add(breaker);
  }

  @Override
  public String toString() {
    return "AdminService";
  }

  /** Collects what an admin service is to be. Not safe for use by several threads. */
  public static final class Builder {
    private final List<Consumer<? super AuditEvent>> listeners = new ArrayList<>();
    private InstantSource clock = InstantSource.system();
    private Duration confirmation = Duration.ofSeconds(3);
    private Duration slowFrom = Duration.ofSeconds(1);
    private @Nullable LogBuffer logs;
    private LogLevels logLevels = LogLevels.javaLogging();
    private @Nullable CurveRecorder curves;

    private Builder() {}

    /**
     * Hears of each action, on the thread that serves it, and of each call that the authorizer has
     * refused, on an event loop: it does not block. Several may be given.
     */
    public Builder audit(Consumer<? super AuditEvent> listener) {
      listeners.add(Objects.requireNonNull(listener, "listener"));
      return this;
    }

    /**
     * Sets how long an action waits until the registry has confirmed it. Default: 3s. The response
     * says when it was not confirmed.
     */
    public Builder confirmationTimeout(Duration timeout) {
      if (timeout.isNegative()) {
        throw new IllegalArgumentException(
            "confirmationTimeout " + timeout + " is negative; use 0 or more");
      }
      confirmation = timeout;
      return this;
    }

    /** Sets from which time a call counts as slow. Default: 1s. */
    public Builder slow(Duration from) {
      if (from.isNegative()) {
        throw new IllegalArgumentException("slow " + from + " is negative; use 0 or more");
      }
      slowFrom = from;
      return this;
    }

    /** Shows these lines of the log to callers with the scope {@code fairlead.admin.logs}. */
    public Builder logs(LogBuffer buffer) {
      logs = Objects.requireNonNull(buffer, "buffer");
      return this;
    }

    /** Shows how often methods were called over time, and how long they took. */
    public Builder curves(CurveRecorder recorder) {
      curves = Objects.requireNonNull(recorder, "recorder");
      return this;
    }

    /** Sets who changes the levels of loggers. Default: {@code java.util.logging}. */
    public Builder logLevels(LogLevels levels) {
      logLevels = Objects.requireNonNull(levels, "levels");
      return this;
    }

    /** For tests: the time of audit events. */
    Builder clock(InstantSource source) {
      clock = source;
      return this;
    }

    /** Makes it. */
    public AdminService build() {
      return new AdminService(this);
    }
  }
}
