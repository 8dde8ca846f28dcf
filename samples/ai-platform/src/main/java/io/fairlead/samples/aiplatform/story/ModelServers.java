package io.fairlead.samples.aiplatform.story;

import io.fairlead.samples.aiplatform.serving.ModelServer;
import io.fairlead.scaling.Actuator;
import java.util.ArrayList;
import java.util.List;

/** Starts model servers of one model as processes, and ends those that a decider has drained. */
final class ModelServers implements Actuator {
  private final Fleet fleet;
  private final Screen screen;
  private final String name;
  private final String[] settings;

  /** The ids of all that were started; guarded by this. */
  private final List<String> started = new ArrayList<>();

  /**
   * @param name begins their ids
   * @param settings of each of them
   */
  ModelServers(Fleet fleet, Screen screen, String name, String... settings) {
    this.fleet = fleet;
    this.screen = screen;
    this.name = name;
    this.settings = settings.clone();
  }

  @Override
  public synchronized List<String> instances() {
    return started.stream().filter(fleet::isAlive).toList();
  }

  @Override
  public synchronized void start(int count, Order order) {
    for (int i = 0; i < count; i++) {
      String id = name + "-" + (started.size() + 1);
      fleet.start(ModelServer.class, id, settings);
      started.add(id);
    }
    screen.line("  the decider starts %d (%s)", count, order.reason());
  }

  @Override
  public synchronized void stop(List<String> ids, Order order) {
    ids.forEach(fleet::end);
    screen.line("  the decider ends %s (%s)", String.join(" and ", ids), order.reason());
  }

  /** Ends what runs, and waits for it. */
  void endAll() throws InterruptedException {
    for (String id : instances()) {
      fleet.drain(id);
    }
  }
}
