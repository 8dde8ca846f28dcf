package io.fairlead.cli;

import com.google.gson.JsonObject;
import io.fairlead.discovery.Endpoint;
import io.fairlead.discovery.Resolution;
import io.fairlead.discovery.Watch;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Writes a line for each instance that comes, changes or goes, until its thread is interrupted. The
 * registry's thread only puts what it hears into a queue: the terminal may be slow.
 */
final class ChangeFeed {
  private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss");

  private final Terminal terminal;
  private final OpenRegistry registry;
  private final boolean json;
  private final BlockingQueue<Update> updates = new LinkedBlockingQueue<>();

  /** By service; used by the thread of {@link #run} alone, as the next one. */
  private final Map<String, Watch> watches = new HashMap<>();

  private final Map<String, Map<String, Endpoint>> known = new HashMap<>();
  private final Map<String, String> remarks = new HashMap<>();

  private record Update(String service, Resolution resolution) {}

  ChangeFeed(Terminal terminal, OpenRegistry registry, boolean json) {
    this.terminal = terminal;
    this.registry = registry;
    this.json = json;
  }

  /** Watches one service, or with null all, also those that come later; returns an exit code. */
  int run(@Nullable String service) {
    try {
      if (service != null) {
        watch(service);
      }
      while (true) {
        if (service == null) {
          registry.services().forEach(this::watch);
        }
        Update update = updates.poll(1, TimeUnit.SECONDS);
        while (update != null) {
          show(update.service(), update.resolution());
          update = updates.poll();
        }
      }
    } catch (InterruptedException e) {
      return ExitCode.OK;
    } finally {
      watches.values().forEach(Watch::close);
    }
  }

  private void watch(String service) {
    watches.computeIfAbsent(
        service,
        name -> registry.registry().watch(name, each -> updates.add(new Update(name, each))));
  }

  private void show(String service, Resolution resolution) {
    Map<String, Endpoint> now = new TreeMap<>();
    String remark = "";
    if (resolution instanceof Resolution.Bound bound) {
      bound.snapshot().endpoints().forEach(each -> now.put(each.id(), each));
      if (bound.freshness() != Resolution.Freshness.CURRENT) {
        remark = "the list is " + bound.freshness() + ", not current";
      }
    } else if (resolution instanceof Resolution.Failed failed) {
      remark(service, failed.reason());
      return;
    } else if (resolution instanceof Resolution.Pending) {
      return;
    }
    remark(service, remark);
    Map<String, Endpoint> before = known.getOrDefault(service, Map.of());
    before.forEach(
        (id, endpoint) -> {
          if (!now.containsKey(id)) {
            line("-", "removed", service, endpoint);
          }
        });
    now.forEach(
        (id, endpoint) -> {
          Endpoint old = before.get(id);
          if (old == null) {
            line("+", "added", service, endpoint);
          } else if (!old.equals(endpoint)) {
            line("~", "changed", service, endpoint);
          }
        });
    known.put(service, now);
  }

  private void remark(String service, String remark) {
    String last = remarks.put(service, remark);
    if (remark.isEmpty() || remark.equals(last)) {
      return;
    }
    if (json) {
      JsonObject object = new JsonObject();
      object.addProperty("at", terminal.clock().instant().toString());
      object.addProperty("event", "remark");
      object.addProperty("service", service);
      object.addProperty("text", remark);
      terminal.out().println(object);
    } else {
      terminal.out().println(time() + "  ! " + service + ": " + remark);
    }
  }

  private void line(String sign, String event, String service, Endpoint endpoint) {
    if (json) {
      JsonObject object = new JsonObject();
      object.addProperty("at", terminal.clock().instant().toString());
      object.addProperty("event", event);
      object.add("instance", LsCommand.json(service, endpoint));
      terminal.out().println(object);
      return;
    }
    StringBuilder text = new StringBuilder(time());
    text.append("  ").append(sign).append(' ').append(service).append('/').append(endpoint.id());
    text.append("  ").append(LsCommand.addresses(endpoint));
    text.append("  ").append(LsCommand.state(endpoint));
    text.append("  weight ").append(endpoint.weight());
    endpoint.version().ifPresent(version -> text.append("  version ").append(version));
    endpoint.zone().ifPresent(zone -> text.append("  zone ").append(zone));
    terminal.out().println(text.toString().replaceAll("\\p{Cntrl}", " "));
  }

  private String time() {
    return TIME.format(terminal.clock().instant().atZone(ZoneId.systemDefault()));
  }
}
