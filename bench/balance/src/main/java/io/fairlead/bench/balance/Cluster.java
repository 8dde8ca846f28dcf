package io.fairlead.bench.balance;

import io.fairlead.balance.EndpointView;
import io.fairlead.balance.internal.ClockAndRandom;
import io.fairlead.balance.internal.EndpointFilter;
import io.fairlead.balance.internal.FairleadLoadBalancerProvider;
import io.fairlead.balance.internal.LoadBalancingContext;
import io.fairlead.balance.internal.PickRequest;
import io.fairlead.discovery.Endpoint;
import io.fairlead.testkit.ManualClock;
import io.grpc.CallOptions;
import io.grpc.ClientStreamTracer;
import io.grpc.LoadBalancer.PickResult;
import io.grpc.Metadata;
import io.grpc.Status;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;

/** A cluster in virtual time, with one client that sends it all its calls. */
final class Cluster {
  private static final long REFUSAL_NANOS = TimeUnit.MICROSECONDS.toNanos(200);
  private static final int KEYS = 1 << 20;
  private static final int REPORT_EACH = 8;

  private final Trial trial;
  private final ManualClock clock = ManualClock.create();
  private final long startedAt = clock.nanoTime();
  private final SplittableRandom random;
  private final List<Server> servers = new ArrayList<>();
  private final Map<String, Server> byId = new HashMap<>();
  private final Agenda agenda = new Agenda();
  private final Deadlines deadlines = new Deadlines();
  private final List<Endpoint> listed = new ArrayList<>();
  private final Tally tally;
  private final VirtualClient client;
  private boolean measuring;

  private Cluster(Trial trial, int round, Tally tally) {
    this.trial = trial;
    this.tally = tally;
    this.random = new SplittableRandom(trial.seed() + round);
    SplittableRandom ofClient = random.split();
    ClockAndRandom clockAndRandom =
        new ClockAndRandom(clock::nanoTime, clock::millis, ofClient::nextLong);
    this.client =
        new VirtualClient(
            new FairleadLoadBalancerProvider(clockAndRandom),
            trial.subject().options(trial.scenario()),
            clock.scheduler(),
            id -> serverOf(id).mood != Server.Mood.STALLED);
    for (int i = 0; i < trial.size(); i++) {
      Server server = new Server(i);
      servers.add(server);
      byId.put(server.id, server);
    }
  }

  /** Runs a trial, the same way each time. */
  static Outcome run(Trial trial) {
    Tally tally = new Tally();
    for (int round = 0; round < trial.rounds(); round++) {
      new Cluster(trial, round, tally).run();
    }
    return tally.outcome(trial);
  }

  private void run() {
    trial.scenario().prepare(this);
    double capacity = capacity();
    for (Server server : servers) {
      if (server.mood != Server.Mood.DOWN) {
        listed.add(described(server));
      }
    }
    client.list(listed);
    clock.advance(Duration.ofMillis(10));
    flow(capacity * trial.settlingLoad(), trial.settling());
    measuring = true;
    servers.forEach(server -> server.received = 0);
    trial.scenario().begin(this);
    flow(capacity * trial.load(), trial.measured());
    // The calls that are still open count too.
    flow(0, trial.scenario().deadline());
    client.shutdown();
    tally.endOfRound(servers);
  }

  /** Calls a second that all can take, those that are yet to come included. */
  private double capacity() {
    return trial.subject().has(Subject.Trait.ONE_ENDPOINT)
        ? new Server(0).capacity()
        : servers.stream().mapToDouble(Server::capacityWhenWell).sum();
  }

  private Server serverOf(String id) {
    return Objects.requireNonNull(byId.get(id), id);
  }

  int size() {
    return servers.size();
  }

  Server server(int number) {
    return servers.get(number);
  }

  Duration measured() {
    return trial.measured();
  }

  private Endpoint described(Server server) {
    return trial.subject().has(Subject.Trait.TOLD_WEIGHTS)
        ? server.endpoint.withWeight((int) Math.round(300 / server.slowness))
        : server.endpoint;
  }

  /** Servers that were not there join, cold, and the registry says so. */
  void startCold() {
    for (Server server : servers) {
      if (server.mood == Server.Mood.DOWN) {
        server.startCold(clock.nanoTime());
        listed.add(described(server));
      }
    }
    client.list(listed);
  }

  /** Some announce that they are draining, end when their calls have ended, and come back. */
  void restart(int first, int count, Duration in, Duration step) {
    List<Server> leaving = servers.subList(first, Math.min(servers.size(), first + count));
    client.later(
        in,
        () -> {
          listed.replaceAll(e -> leaving.contains(serverOf(e.id())) ? e.asDraining() : e);
          client.list(listed);
        });
    client.later(
        in.plus(step),
        () -> {
          listed.removeIf(e -> leaving.contains(serverOf(e.id())));
          client.list(listed);
        });
    client.later(
        in.plus(step.multipliedBy(2)),
        () -> {
          leaving.forEach(server -> listed.add(described(server)));
          client.list(listed);
        });
  }

  private void flow(double callsPerSecond, Duration length) {
    long end = clock.nanoTime() + length.toNanos();
    long arrival = clock.nanoTime() + gap(callsPerSecond);
    while (true) {
      Call oldest = deadlines.oldest();
      long deadline =
          oldest == null
              ? Long.MAX_VALUE
              : oldest.arrivedAt + trial.scenario().deadline().toNanos();
      long next = Math.min(arrival, Math.min(deadline, agenda.next()));
      if (next > end || (callsPerSecond == 0 && oldest == null)) {
        clock.advance(Duration.ofNanos(Math.min(next, end) - clock.nanoTime()));
        return;
      }
      clock.advance(Duration.ofNanos(Math.max(0, next - clock.nanoTime())));
      if (oldest != null && next == deadline) {
        end(oldest, Status.DEADLINE_EXCEEDED);
      } else if (next == agenda.next()) {
        worked(Objects.requireNonNull(agenda.remove()));
      } else {
        arrive();
        arrival = next + gap(callsPerSecond);
      }
    }
  }

  private long gap(double callsPerSecond) {
    return callsPerSecond == 0
        ? Long.MAX_VALUE / 2
        : (long) (-Math.log(1 - random.nextDouble()) / callsPerSecond * 1e9);
  }

  private void arrive() {
    LoadBalancingContext context =
        LoadBalancingContext.first(PickRequest.of(null, EndpointFilter.ALLOW_ALL));
    if (trial.subject().has(Subject.Trait.KEYED)) {
      context.request(PickRequest.of(null, EndpointFilter.ALLOW_ALL).withKey(random.nextInt(KEYS)));
    }
    CallOptions options = CallOptions.DEFAULT.withOption(LoadBalancingContext.KEY, context);
    PickResult pick = client.picker().pickSubchannel(new PickArgs(options));
    EndpointView chosen = context.endpoint();
    ClientStreamTracer.Factory tracers = pick.getStreamTracerFactory();
    if (chosen == null || tracers == null) {
      throw new IllegalStateException(trial + ": a call found no endpoint: " + context.reason());
    }
    Server server = serverOf(chosen.id());
    ClientStreamTracer tracer =
        tracers.newClientStreamTracer(
            ClientStreamTracer.StreamInfo.newBuilder().setCallOptions(options).build(),
            new Metadata());
    Call call = new Call(tracer, server, clock.nanoTime(), measuring);
    deadlines.add(call);
    server.received++;
    if (measuring) {
      tally.arrived(server.number == 0);
    }
    switch (server.mood) {
      case WELL, DOWN -> {
        server.line.add(call);
        work(server);
      }
      case FAILING -> agenda.add(clock.nanoTime() + REFUSAL_NANOS, call);
      case STALLED -> {} // Only its deadline ends it.
    }
  }

  /** Puts free workers to the calls in line. */
  private void work(Server server) {
    long now = clock.nanoTime();
    while (!server.line.isEmpty() && server.hasFreeWorker(now)) {
      Call call = server.line.remove();
      if (!call.ended) {
        agenda.add(now + server.begin(now, random.nextDouble()), call);
        call.begun = true;
      }
    }
  }

  private void worked(Call call) {
    Server server = call.server;
    if (call.begun) {
      server.finish();
    }
    if (server.mood == Server.Mood.STALLED) {
      return; // It was stopped in the middle of this call.
    }
    if (!call.ended) {
      if (!call.begun) {
        end(call, Status.UNAVAILABLE.withDescription("not today"));
      } else {
        report(server, call);
        end(call, Status.OK);
      }
    }
    work(server);
  }

  private void report(Server server, Call call) {
    if (trial.subject().has(Subject.Trait.REPORTS) && server.finished % REPORT_EACH == 0) {
      long age = clock.nanoTime() - startedAt;
      call.tracer.inboundTrailers(
          LoadReport.trailers(server.utilization(age), server.finished / (age / 1e9)));
    }
  }

  private void end(Call call, Status status) {
    call.ended = true;
    call.tracer.streamClosed(status);
    long took = clock.nanoTime() - call.arrivedAt;
    if (call.counts) {
      tally.ended(took, status.isOk());
      if (trial.scenario().isColdStart() && inColdStart()) {
        tally.endedInColdStart(took, call.server.isCold());
      }
    }
  }

  private boolean inColdStart() {
    long since = clock.nanoTime() - startedAt - trial.settling().toNanos();
    return since < Scenario.COLD_START_SLOWLY.slowStart().toNanos();
  }
}
