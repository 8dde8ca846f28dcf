package io.fairlead.bench.soak;

import io.fairlead.discovery.InMemoryRegistry;
import io.fairlead.lifecycle.ServerState;
import io.fairlead.observe.ServerLoad;
import io.fairlead.policy.AdaptiveLimitPolicy;
import io.fairlead.server.RpcServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import shop.v1.InventoryRpc;

/** Three servers that restart in turn; every third time without waiting for their calls. */
final class Fleet implements AutoCloseable {
  private static final int SERVERS = 3;
  private static final int CUT_EVERY = 3;

  private final InMemoryRegistry registry = new InMemoryRegistry();
  private final Warehouse warehouse = new Warehouse();
  private final List<RpcServer> servers = new ArrayList<>();
  private final List<String> leftovers = new ArrayList<>();
  private int restarts;
  private int cuts;
  private int permitsLeft;

  Fleet() {
    for (int i = 0; i < SERVERS; i++) {
      servers.add(start(false));
    }
  }

  private RpcServer start(boolean toBeCut) {
    return RpcServer.builder("inventory")
        .host("127.0.0.1")
        .registry(registry)
        .service(InventoryRpc.bind(warehouse))
        .limits(
            limits ->
                limits
                    .maxConcurrentCalls(64)
                    .maxConcurrentCallsPerCaller(48)
                    .queueLimit(16, Duration.ofMillis(50))
                    .adaptiveLimit(AdaptiveLimitPolicy.standard()))
        .timeouts(
            timeouts ->
                timeouts
                    .deregistrationDelay(Duration.ofMillis(20))
                    .drainTimeout(toBeCut ? Duration.ZERO : Duration.ofSeconds(30)))
        .start();
  }

  /** Closes one server under its load, and starts another in its place. */
  void restartOne() {
    int which = restarts % SERVERS;
    restarts++;
    boolean nextIsCut = (restarts + SERVERS) % CUT_EVERY == 0;
    RpcServer old = servers.get(which);
    leave(old);
    servers.set(which, start(nextIsCut));
  }

  private void leave(RpcServer server) {
    server.close();
    if (server.history().stream().anyMatch(state -> state.phase() == ServerState.Phase.FORCED)) {
      cuts++;
    }
    ServerState last = server.state();
    if (!last.detail().equals("nothing is left")) {
      leftovers.add(last.detail());
    }
    ServerLoad load = server.load();
    permitsLeft += load.inFlight() + load.waiting() + load.callers();
  }

  InMemoryRegistry registry() {
    return registry;
  }

  int restarts() {
    return restarts;
  }

  int cuts() {
    return cuts;
  }

  int permitsLeft() {
    return permitsLeft;
  }

  int handlersLeft() {
    return warehouse.inside();
  }

  /** What servers said that they left behind. */
  List<String> leftovers() {
    return leftovers;
  }

  @Override
  public void close() {
    servers.forEach(this::leave);
    registry.close();
  }
}
