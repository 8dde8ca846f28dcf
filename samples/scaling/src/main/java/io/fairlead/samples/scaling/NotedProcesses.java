package io.fairlead.samples.scaling;

import io.fairlead.scaling.Actuator;
import io.fairlead.scaling.LocalProcesses;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/** The processes of the instances, and who ordered what and when. */
final class NotedProcesses implements Actuator {
  private final LocalProcesses processes;
  private final Consumer<String> news;

  /** When each was started; guarded by this object's lock, as below. */
  private final Map<String, Long> startedAt = new HashMap<>();

  private final Map<String, Long> readyAfterMillis = new TreeMap<>();
  private long greatestToken;

  NotedProcesses(LocalProcesses processes, Consumer<String> news) {
    this.processes = processes;
    this.news = news;
  }

  @Override
  public List<String> instances() {
    return processes.instances();
  }

  @Override
  public void start(int count, Order order) throws IOException {
    processes.start(count, order);
    note(order);
    news.accept("starts " + count + " (" + order.reason() + ")");
  }

  @Override
  public void stop(List<String> ids, Order order) throws IOException {
    processes.stop(ids, order);
    note(order);
    news.accept("stops " + String.join(" and ", ids) + ", drained (" + order.reason() + ")");
  }

  private synchronized void note(Order order) {
    greatestToken = Math.max(greatestToken, order.fencingToken());
    for (String id : processes.instances()) {
      startedAt.putIfAbsent(id, System.nanoTime());
    }
  }

  synchronized long greatestToken() {
    return greatestToken;
  }

  /** Notes that an instance is in the registry. */
  synchronized void ready(String id) {
    Long at = startedAt.get(id);
    if (at != null) {
      readyAfterMillis.putIfAbsent(id, (System.nanoTime() - at) / 1_000_000);
    }
  }

  /** How long the slowest start took, from its order to the registry. */
  synchronized long slowestStartMillis() {
    return readyAfterMillis.values().stream().mapToLong(Long::longValue).max().orElse(0);
  }

  /** Kills it so that it has no chance to say so. */
  void kill(String id) {
    ProcessHandle process = processes.processes().get(id);
    if (process != null) {
      boolean unused = process.destroyForcibly();
    }
  }

  @Override
  public void close() {
    processes.close();
  }
}
