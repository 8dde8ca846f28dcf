package io.fairlead.admin;

import com.google.protobuf.Duration;
import com.google.protobuf.Timestamp;
import io.fairlead.admin.v1.Action;
import io.fairlead.admin.v1.BreakerMove;
import io.fairlead.admin.v1.BreakerState;
import io.fairlead.admin.v1.ChannelState;
import io.fairlead.admin.v1.EndpointState;
import io.fairlead.admin.v1.Load;
import io.fairlead.admin.v1.ProcessState;
import io.fairlead.admin.v1.ReadinessCheck;
import io.fairlead.admin.v1.Registration;
import io.fairlead.admin.v1.ServerState;
import io.fairlead.admin.v1.SignOfLife;
import io.fairlead.admin.v1.Step;
import io.fairlead.balance.EndpointView;
import io.fairlead.client.RpcChannel;
import io.fairlead.discovery.Address;
import io.fairlead.discovery.Endpoint;
import io.fairlead.lifecycle.ReadinessState;
import io.fairlead.observe.CircuitBreakerStatus;
import io.fairlead.observe.ServerLoad;
import io.fairlead.policy.PolicyField;
import io.fairlead.policy.ResolvedPolicy;
import io.fairlead.server.RpcServer;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Instant;
import java.util.List;

/** Puts the state of a process into the messages of the contract. */
final class StateMessages {
  private static final String HOST = host();

  private StateMessages() {}

  private static String host() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "unknown";
    }
  }

  static ProcessState process(
      WatchedProcess process,
      Heartbeat.Sign alive,
      List<AuditEvent> actions,
      List<BreakerMove> moves,
      Instant now) {
    ProcessHandle self = ProcessHandle.current();
    ProcessState.Builder state =
        ProcessState.newBuilder()
            .setPid(self.pid())
            .setNow(timestamp(now))
            .setAlive(
                SignOfLife.newBuilder()
                    .setAt(timestamp(alive.at()))
                    .setPhase(alive.phase())
                    .setSince(timestamp(alive.since())))
            .setHost(HOST)
            .setJavaVersion(Runtime.version().toString())
            .setCallsInFlight(process.callsInFlight())
            .setCallsStarted(process.callsStarted())
            .setEventLoopHolds(RpcServer.eventLoopHolds())
            .addAllSettings(process.settings())
            .addAllBreakerMoves(moves);
    self.info().startInstant().ifPresent(start -> state.setStarted(timestamp(start)));
    process.servers().forEach(each -> state.addServers(server(each)));
    process.channels().forEach(each -> state.addChannels(channel(each)));
    actions.forEach(each -> state.addActions(action(each)));
    return state.build();
  }

  static ServerState server(RpcServer server) {
    ServerLoad load = server.load();
    ServerState.Builder state =
        ServerState.newBuilder()
            .setName(server.name())
            .setPort(server.port())
            .setPhase(server.state().phase().name())
            .setLoad(
                Load.newBuilder()
                    .setInFlight(load.inFlight())
                    .setWaiting(load.waiting())
                    .setCallers(load.callers())
                    .setHandlers(server.handlersRunning()))
            .putAllCallLimits(server.callLimits())
            .setLimits(server.limits().toString())
            .setLimitsOrigin(server.limitsOrigin())
            .setStack(server.toString());
    server.certificateExpiry().ifPresent(end -> state.setCertificateExpiry(timestamp(end)));
    for (io.fairlead.lifecycle.ServerState step : server.history()) {
      state.addHistory(
          Step.newBuilder()
              .setPhase(step.phase().name())
              .setSince(timestamp(step.since()))
              .setDetail(step.detail()));
    }
    for (ReadinessState check : server.readiness()) {
      state.addReadiness(
          ReadinessCheck.newBuilder()
              .setName(check.name())
              .setReady(check.ready())
              .setSince(timestamp(check.since()))
              .setDetail(check.detail())
              .addAllServices(check.services()));
    }
    server.registration().ifPresent(each -> state.setRegistration(registration(each)));
    return state.build();
  }

  private static Registration registration(io.fairlead.discovery.Registration registration) {
    Endpoint endpoint = registration.endpoint();
    io.fairlead.discovery.Registration.Status status = registration.status();
    return Registration.newBuilder()
        .setService(registration.service())
        .setId(endpoint.id())
        .addAllAddresses(endpoint.addresses().stream().map(Address::hostAndPort).toList())
        .setState(status.state().name())
        .setSince(timestamp(status.since()))
        .setDetail(status.detail())
        .setWeight(endpoint.weight())
        .setDraining(endpoint.draining())
        .setZone(endpoint.zone().orElse(""))
        .setVersion(endpoint.version().orElse(""))
        .putAllTags(endpoint.tags())
        .build();
  }

  static io.fairlead.admin.v1.MethodPolicy policy(
      String target, String method, ResolvedPolicy policy) {
    io.fairlead.admin.v1.MethodPolicy.Builder message =
        io.fairlead.admin.v1.MethodPolicy.newBuilder().setTarget(target).setMethod(method);
    for (PolicyField field : PolicyField.values()) {
      message.addFields(
          io.fairlead.admin.v1.PolicyField.newBuilder()
              .setName(field.fieldName())
              .setValue(PolicyField.text(policy.value(field)))
              .setOrigin(policy.origin(field).name())
              .setSource(policy.source(field).orElse("")));
    }
    return message.build();
  }

  static ChannelState channel(RpcChannel channel) {
    ChannelState.Builder state =
        ChannelState.newBuilder()
            .setTarget(channel.target())
            .setState(channel.state().name())
            .setRetriesAvailable(channel.retriesAvailable())
            .setFallbacksServed(channel.fallbacksServed())
            .setStack(channel.toString());
    channel.certificateExpiry().ifPresent(end -> state.setCertificateExpiry(timestamp(end)));
    channel.endpoints().forEach(each -> state.addEndpoints(endpoint(each)));
    channel.breakers().forEach(each -> state.addBreakers(breaker(each)));
    return state.build();
  }

  private static EndpointState endpoint(EndpointView view) {
    Endpoint endpoint = view.endpoint();
    EndpointState.Builder state =
        EndpointState.newBuilder()
            .setId(view.id())
            .setAddress(view.hostAndPort())
            .setZone(endpoint.zone().orElse(""))
            .setVersion(endpoint.version().orElse(""))
            .setWeight(view.weight())
            .setDraining(endpoint.draining())
            .setReady(view.isReady())
            .setEjected(view.isEjected())
            .setEjections(view.ejections())
            .setInFlight(view.inFlight())
            .setFailureRate(view.failureRate())
            .setShare(view.share())
            .setReportedWeight(view.reportedWeight())
            .setMissedPings(view.missedPings());
    if (view.latencyNanos() > 0) {
      state.setLatency(duration(java.time.Duration.ofNanos((long) view.latencyNanos())));
    }
    view.sinceHeard().ifPresent(silence -> state.setSilence(duration(silence)));
    return state.build();
  }

  static BreakerState breaker(CircuitBreakerStatus breaker) {
    return BreakerState.newBuilder()
        .setScope(breaker.scope().name())
        .setName(breaker.name())
        .setPhase(breaker.phase().name())
        .setDescription(breaker.description())
        .build();
  }

  private static Action action(AuditEvent event) {
    return Action.newBuilder()
        .setAt(timestamp(event.at()))
        .setCaller(event.caller())
        .setAction(event.action())
        .setArguments(event.arguments())
        .setReason(event.reason())
        .setOutcome(event.outcome())
        .build();
  }

  static Timestamp timestamp(Instant instant) {
    return Timestamp.newBuilder()
        .setSeconds(instant.getEpochSecond())
        .setNanos(instant.getNano())
        .build();
  }

  static Duration duration(java.time.Duration duration) {
    return Duration.newBuilder()
        .setSeconds(duration.getSeconds())
        .setNanos(duration.getNano())
        .build();
  }
}
