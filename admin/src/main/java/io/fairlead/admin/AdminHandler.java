package io.fairlead.admin;

import io.fairlead.CallContext;
import io.fairlead.RpcException;
import io.fairlead.Source;
import io.fairlead.admin.v1.ActionResponse;
import io.fairlead.admin.v1.Admin;
import io.fairlead.admin.v1.Call;
import io.fairlead.admin.v1.DrainRequest;
import io.fairlead.admin.v1.GetStateRequest;
import io.fairlead.admin.v1.ListCallsRequest;
import io.fairlead.admin.v1.ListCallsResponse;
import io.fairlead.admin.v1.ListCurvesRequest;
import io.fairlead.admin.v1.ListCurvesResponse;
import io.fairlead.admin.v1.ListFindingsRequest;
import io.fairlead.admin.v1.ListFindingsResponse;
import io.fairlead.admin.v1.ListPoliciesRequest;
import io.fairlead.admin.v1.ListPoliciesResponse;
import io.fairlead.admin.v1.LogLine;
import io.fairlead.admin.v1.ProcessState;
import io.fairlead.admin.v1.ReadLogsRequest;
import io.fairlead.admin.v1.ResetBreakerRequest;
import io.fairlead.admin.v1.ResetBreakerResponse;
import io.fairlead.admin.v1.SetLogLevelRequest;
import io.fairlead.admin.v1.SetLogLevelResponse;
import io.fairlead.admin.v1.SetWeightRequest;
import io.fairlead.admin.v1.TapRequest;
import io.fairlead.admin.v1.UndrainRequest;
import io.fairlead.client.RpcChannel;
import io.fairlead.observe.CircuitBreakerStatus.Scope;
import io.fairlead.security.Caller;
import io.fairlead.server.RpcServer;
import io.fairlead.telemetry.CurveRecorder;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Serves the contract. Each action is noted, whether it succeeds or not. */
final class AdminHandler implements Admin {
  private static final int MAX_WEIGHT = 1_000_000;
  private static final int DEFAULT_CALLS = 50;
  private static final int DEFAULT_LINES = 100;

  private final WatchedProcess process;
  private final Heartbeat heartbeat;
  private final ActionLog actions;
  private final CallLog calls;
  private final BreakerLog breakers;
  private final Duration confirmation;
  private final InstantSource clock;
  private final @Nullable LogBuffer logs;
  private final LogLevels levels;
  private final @Nullable CurveRecorder curves;

  /**
   * Serves a process.
   *
   * @param confirmation how long an action waits for a registry
   */
  AdminHandler(
      WatchedProcess process,
      Heartbeat heartbeat,
      ActionLog actions,
      CallLog calls,
      BreakerLog breakers,
      Duration confirmation,
      InstantSource clock,
      @Nullable LogBuffer logs,
      LogLevels levels,
      @Nullable CurveRecorder curves) {
    this.process = process;
    this.heartbeat = heartbeat;
    this.actions = actions;
    this.calls = calls;
    this.breakers = breakers;
    this.confirmation = confirmation;
    this.clock = clock;
    this.logs = logs;
    this.levels = levels;
    this.curves = curves;
  }

  @Override
  public ProcessState getState(GetStateRequest request) {
    return StateMessages.process(
        process, heartbeat.last(), actions.last(), breakers.last(), clock.instant());
  }

  @Override
  public ListPoliciesResponse listPolicies(ListPoliciesRequest request) {
    ListPoliciesResponse.Builder response = ListPoliciesResponse.newBuilder();
    Set<String> known = new TreeSet<>();
    for (RpcChannel channel : process.channels()) {
      channel
          .policies()
          .forEach(
              (method, policy) -> {
                known.add(method);
                if (request.getMethod().isEmpty() || request.getMethod().equals(method)) {
                  response.addPolicies(StateMessages.policy(channel.target(), method, policy));
                }
              });
    }
    if (response.getPoliciesCount() == 0 && !request.getMethod().isEmpty()) {
      throw RpcException.answer(
          Status.Code.NOT_FOUND,
          "no channel that is shown here has called %s; there is %s"
              .formatted(request.getMethod(), known.isEmpty() ? "none" : String.join(", ", known)));
    }
    return response.build();
  }

  @Override
  public ListCallsResponse listCalls(ListCallsRequest request) {
    int limit = request.getLimit() <= 0 ? DEFAULT_CALLS : request.getLimit();
    return ListCallsResponse.newBuilder()
        .addAllCalls(
            calls.list(request.getKind(), request.getMethod(), request.getTraceId(), limit))
        .build();
  }

  @Override
  public Source<LogLine> readLogs(ReadLogsRequest request) {
    LogBuffer buffer = logs;
    if (buffer == null) {
      throw RpcException.answer(
          Status.Code.FAILED_PRECONDITION,
          "this process keeps no log lines; give AdminService.builder().logs(LogBuffer)");
    }
    LogFilter filter = LogFilter.of(request.getLevel(), request.getLogger(), request.getTraceId());
    int last = request.hasLast() ? Math.max(0, request.getLast()) : DEFAULT_LINES;
    if (!request.getFollow()) {
      return Source.from(buffer.last(filter, last).stream().map(LogEntry::toMessage));
    }
    if (buffer.isFull()) {
      throw RpcException.answer(Status.Code.RESOURCE_EXHAUSTED, LogBuffer.FULL);
    }
    return buffer.follow(filter, last);
  }

  @Override
  public ListFindingsResponse listFindings(ListFindingsRequest request) {
    return ListFindingsResponse.newBuilder()
        .addAllFindings(Lint.of(process, calls.withoutDeadline(), clock.instant()))
        .build();
  }

  @Override
  public ListCurvesResponse listCurves(ListCurvesRequest request) {
    CurveRecorder recorder = curves;
    if (recorder == null) {
      throw RpcException.answer(
          Status.Code.FAILED_PRECONDITION,
          "this process keeps no curves; give AdminService.builder().curves(CurveRecorder)");
    }
    return CurveMessages.of(recorder, request);
  }

  @Override
  public Source<Call> tap(TapRequest request) {
    return act(
        "Tap",
        "method=%s failed=%s".formatted(request.getMethod(), request.getFailed()),
        request.getReason(),
        done -> "done",
        () -> calls.taps().open(request));
  }

  @Override
  public SetLogLevelResponse setLogLevel(SetLogLevelRequest request) {
    String logger = request.getLogger();
    String level = request.getLevel();
    return act(
        "SetLogLevel",
        "logger=%s level=%s".formatted(logger, level.isEmpty() ? "inherited" : level),
        request.getReason(),
        done -> "done",
        () -> {
          // Refuses words that are no level, whatever the logging API would make of them.
          Level wanted = level.isEmpty() ? null : LogFilter.level(level);
          Level before = levels.set(logger, wanted);
          return SetLogLevelResponse.newBuilder()
              .setPrevious(before == null ? "" : before.name())
              .build();
        });
  }

  @Override
  public ResetBreakerResponse resetBreaker(ResetBreakerRequest request) {
    String target = request.getTarget();
    return act(
        "ResetBreaker",
        "scope=%s name=%s%s"
            .formatted(
                request.getScope(), request.getName(), target.isEmpty() ? "" : " target=" + target),
        request.getReason(),
        done -> "done",
        () -> reset(request));
  }

  private ResetBreakerResponse reset(ResetBreakerRequest request) {
    Scope scope = scope(request.getScope());
    List<RpcChannel> wanted =
        process.channels().stream()
            .filter(
                each -> request.getTarget().isEmpty() || each.target().equals(request.getTarget()))
            .toList();
    if (wanted.isEmpty()) {
      throw RpcException.answer(
          Status.Code.NOT_FOUND,
          "no channel to \"%s\" is shown here; there is %s"
              .formatted(
                  request.getTarget(),
                  process.channels().isEmpty()
                      ? "none, call watch(channel)"
                      : String.join(
                          ", ", process.channels().stream().map(RpcChannel::target).toList())));
    }
    String why = "reset: " + words(request.getReason());
    boolean any = false;
    for (RpcChannel channel : wanted) {
      any |= channel.resetBreaker(scope, request.getName(), why);
    }
    if (!any) {
      throw RpcException.answer(
          Status.Code.NOT_FOUND,
          "no circuit breaker of scope %s has the name \"%s\"; there is %s"
              .formatted(scope, request.getName(), breakers(wanted)));
    }
    ResetBreakerResponse.Builder response = ResetBreakerResponse.newBuilder();
    wanted.forEach(each -> response.addChannels(StateMessages.channel(each)));
    return response.build();
  }

  private static Scope scope(String name) {
    for (Scope scope : Scope.values()) {
      if (scope.name().equalsIgnoreCase(name)) {
        return scope;
      }
    }
    throw RpcException.answer(
        Status.Code.INVALID_ARGUMENT,
        "the scope \"%s\" is not known; use METHOD or ENDPOINT".formatted(name));
  }

  private static String breakers(List<RpcChannel> channels) {
    List<String> all = new ArrayList<>();
    for (RpcChannel channel : channels) {
      channel.breakers().forEach(each -> all.add(each.scope() + " " + each.name()));
    }
    return all.isEmpty() ? "none yet" : String.join(", ", all);
  }

  @Override
  public ActionResponse drain(DrainRequest request) {
    String reason = request.getReason();
    return act(
        "Drain",
        named(request.getServer()),
        reason,
        () -> change(servers(request.getServer()), server -> server.drain(words(reason))));
  }

  @Override
  public ActionResponse undrain(UndrainRequest request) {
    String reason = request.getReason();
    return act(
        "Undrain",
        named(request.getServer()),
        reason,
        () -> change(servers(request.getServer()), server -> server.undrain(words(reason))));
  }

  @Override
  public ActionResponse setWeight(SetWeightRequest request) {
    int weight = request.getWeight();
    String shown = request.hasWeight() ? Integer.toUnsignedString(weight) : "";
    return act(
        "SetWeight",
        (named(request.getServer()) + " weight=" + shown).strip(),
        request.getReason(),
        () -> {
          if (!request.hasWeight() || weight < 0 || weight > MAX_WEIGHT) {
            throw RpcException.answer(
                Status.Code.INVALID_ARGUMENT,
                "weight \"%s\" is not a number from 0 to %d; 100 is ordinary, and 0 takes an instance out"
                    .formatted(shown, MAX_WEIGHT));
          }
          return change(weighted(request.getServer()), server -> server.setWeight(weight));
        });
  }

  /** The servers that have a weight: with a name that one, else all that are in a registry. */
  private List<RpcServer> weighted(String name) {
    List<RpcServer> servers = servers(name);
    if (!name.isEmpty()) {
      return servers;
    }
    List<RpcServer> registered =
        servers.stream().filter(each -> each.registration().isPresent()).toList();
    if (registered.isEmpty()) {
      throw RpcException.answer(
          Status.Code.FAILED_PRECONDITION,
          "no server of this process is in a registry, so nobody reads a weight");
    }
    return registered;
  }

  private static String named(String server) {
    return server.isEmpty() ? "" : "server=" + server;
  }

  private static String words(String reason) {
    return (reason.isEmpty() ? "no reason given" : ActionLog.oneLine(reason))
        + ", by "
        + ActionLog.oneLine(caller());
  }

  private static String caller() {
    Caller caller = Caller.current();
    return caller == null
        ? CallContext.current().peer().map(Object::toString).orElse("unknown")
        : caller.name();
  }

  private List<RpcServer> servers(String name) {
    List<RpcServer> all = process.servers();
    if (all.isEmpty()) {
      throw RpcException.answer(
          Status.Code.FAILED_PRECONDITION,
          "no server of this process is shown to the admin service; call watch(server) after"
              + " start()");
    }
    List<RpcServer> named =
        name.isEmpty() ? all : all.stream().filter(each -> each.name().equals(name)).toList();
    if (named.isEmpty()) {
      throw RpcException.answer(
          Status.Code.NOT_FOUND,
          "no server \"%s\" in this process; there is %s, and an empty name stands for all"
              .formatted(name, String.join(", ", all.stream().map(RpcServer::name).toList())));
    }
    return named;
  }

  private ActionResponse act(
      String action, String arguments, String reason, Supplier<ActionResponse> work) {
    return act(
        action,
        arguments,
        reason,
        done -> done.getConfirmed() ? "done" : "not confirmed: " + done.getDetail(),
        work);
  }

  /** Runs an action, and notes it with its outcome. */
  private <R> R act(
      String action,
      String arguments,
      String reason,
      Function<R, String> describe,
      Supplier<R> work) {
    String outcome = "failed";
    try {
      R done = work.get();
      outcome = describe.apply(done);
      return done;
    } catch (StatusRuntimeException e) {
      outcome = e.getStatus().getCode() + ": " + e.getStatus().getDescription();
      throw e;
    } finally {
      // A listener may write to a channel, which an interrupt would close.
      boolean interrupted = Thread.interrupted();
      actions.add(caller(), action, arguments, reason, outcome);
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /**
   * Changes each server, and waits a bounded time until the registries have it. Of several servers,
   * one that refuses keeps no other from it, and is named in the answer.
   */
  private ActionResponse change(
      List<RpcServer> servers, Function<RpcServer, CompletionStage<Void>> change) {
    Map<RpcServer, CompletionStage<Void>> changes = new LinkedHashMap<>();
    List<String> missing = new ArrayList<>();
    for (RpcServer server : servers) {
      try {
        changes.put(server, change.apply(server));
      } catch (IllegalStateException | IllegalArgumentException e) {
        if (servers.size() > 1) {
          missing.add(String.valueOf(e.getMessage()));
          continue;
        }
        Status.Code code =
            e instanceof IllegalStateException
                ? Status.Code.FAILED_PRECONDITION
                : Status.Code.INVALID_ARGUMENT;
        throw RpcException.answer(code, String.valueOf(e.getMessage()));
      }
    }
    long end = System.nanoTime() + confirmation.toNanos();
    changes.forEach(
        (server, done) -> {
          String loss = await(server, done, end);
          if (!loss.isEmpty()) {
            missing.add(loss);
          }
        });
    ActionResponse.Builder response =
        ActionResponse.newBuilder()
            .setConfirmed(missing.isEmpty())
            .setDetail(String.join("; ", missing));
    servers.forEach(server -> response.addServers(StateMessages.server(server)));
    return response.build();
  }

  private String await(RpcServer server, CompletionStage<Void> done, long end) {
    try {
      done.toCompletableFuture().get(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
      return "";
    } catch (TimeoutException e) {
      return "the registry has not confirmed it for server %s within %d ms, and it goes on being tried: %s"
          .formatted(
              server.name(),
              confirmation.toMillis(),
              server.registration().map(each -> each.status().detail()).orElse(""));
    } catch (ExecutionException e) {
      return "the registry has refused it for server " + server.name() + ": " + e.getCause();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "the caller left before the registry confirmed it for server " + server.name();
    }
  }
}
