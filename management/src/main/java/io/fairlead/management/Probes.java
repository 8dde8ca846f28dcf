package io.fairlead.management;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.fairlead.lifecycle.ReadinessState;
import io.fairlead.lifecycle.ServerState;
import io.fairlead.server.RpcServer;
import java.io.IOException;
import java.util.List;

/**
 * Answers the probes of a platform. Alive means that no server has ended; ready means that all of
 * them serve and that their readiness checks pass. A process without a server is both.
 */
final class Probes {
  static final String LIVE = "/healthz";
  static final String READY = "/readyz";

  private static final String JSON = "application/json";
  private static final String TEXT = "text/plain";

  private final List<RpcServer> servers;

  Probes(List<RpcServer> servers) {
    this.servers = List.copyOf(servers);
  }

  /**
   * Answers one of the two paths.
   *
   * @param detailed whether the caller may read more than one word
   */
  void answer(String path, WebExchange exchange, boolean detailed) throws IOException {
    exchange.allow("GET");
    exchange.setHeader("Cache-Control", "no-store");
    boolean well =
        path.equals(LIVE)
            ? servers.stream().noneMatch(each -> each.state().phase() == ServerState.Phase.CLOSED)
            : servers.stream().allMatch(Probes::isReady);
    int status = well ? 200 : 503;
    if (!detailed) {
      exchange.respond(status, TEXT, word(well));
    } else if (exchange.preferred(TEXT, JSON).equals(JSON)) {
      exchange.respond(status, JSON, json(well).toString());
    } else {
      exchange.respond(status, TEXT, text(well));
    }
  }

  private static String word(boolean well) {
    return well ? "ok\n" : "not ok\n";
  }

  /** Whether calls should come. A check that concerns some services only does not keep all away. */
  private static boolean isReady(RpcServer server) {
    return server.state().phase() == ServerState.Phase.SERVING
        && server.readiness().stream()
            .allMatch(check -> check.ready() || !check.services().isEmpty());
  }

  private String text(boolean well) {
    StringBuilder text = new StringBuilder(word(well));
    for (RpcServer server : servers) {
      ServerState state = server.state();
      text.append("port ").append(server.port()).append(": ").append(state.phase());
      if (!state.detail().isEmpty()) {
        text.append(", ").append(state.detail());
      }
      text.append('\n');
      for (ReadinessState check : server.readiness()) {
        text.append("  ").append(check.name()).append(check.ready() ? ": ready" : ": not ready");
        if (!check.detail().isEmpty()) {
          text.append(", ").append(check.detail());
        }
        text.append('\n');
      }
    }
    return text.toString();
  }

  private JsonObject json(boolean well) {
    JsonArray all = new JsonArray();
    for (RpcServer server : servers) {
      ServerState state = server.state();
      JsonObject one = new JsonObject();
      one.addProperty("port", server.port());
      one.addProperty("phase", state.phase().name());
      one.addProperty("since", state.since().toString());
      one.addProperty("detail", state.detail());
      JsonArray checks = new JsonArray();
      for (ReadinessState check : server.readiness()) {
        JsonObject entry = new JsonObject();
        entry.addProperty("name", check.name());
        entry.addProperty("ready", check.ready());
        entry.addProperty("since", check.since().toString());
        entry.addProperty("detail", check.detail());
        checks.add(entry);
      }
      one.add("checks", checks);
      all.add(one);
    }
    JsonObject root = new JsonObject();
    root.addProperty("ok", well);
    root.add("servers", all);
    return root;
  }
}
