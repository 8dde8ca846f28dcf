package io.fairlead.admin;

import io.fairlead.admin.v1.Setting;
import io.fairlead.client.RpcChannel;
import io.fairlead.lifecycle.ServerState.Phase;
import io.fairlead.server.RpcServer;
import io.grpc.ConnectivityState;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.LongAdder;

/**
 * The servers, channels and settings that were shown to the admin service, and a count of the calls
 * served. Those that have ended are forgotten when they are next asked for. Safe for use by many
 * threads.
 */
final class WatchedProcess {
  private final List<RpcServer> servers = new CopyOnWriteArrayList<>();
  private final List<RpcChannel> channels = new CopyOnWriteArrayList<>();
  private final Map<String, Setting> settings = new ConcurrentSkipListMap<>();
  private final LongAdder started = new LongAdder();
  private final LongAdder ended = new LongAdder();

  void add(String origin, Map<String, String> values) {
    values.forEach(
        (name, value) ->
            settings.put(
                name,
                Setting.newBuilder().setName(name).setValue(value).setOrigin(origin).build()));
  }

  /** Returns the settings in the order of their names. */
  Collection<Setting> settings() {
    return settings.values();
  }

  void add(RpcServer server) {
    if (!servers.contains(server)) {
      servers.add(server);
    }
  }

  void add(RpcChannel channel) {
    if (!channels.contains(channel)) {
      channels.add(channel);
    }
  }

  List<RpcServer> servers() {
    servers.removeIf(each -> each.state().phase() == Phase.CLOSED);
    return servers;
  }

  List<RpcChannel> channels() {
    channels.removeIf(each -> each.state() == ConnectivityState.SHUTDOWN);
    return channels;
  }

  void callStarted() {
    started.increment();
  }

  void callEnded() {
    ended.increment();
  }

  long callsStarted() {
    return started.sum();
  }

  long callsInFlight() {
    // In this order: a call that ends in between must not make the difference negative.
    long over = ended.sum();
    return started.sum() - over;
  }
}
