package io.fairlead.bench.balance;

import java.time.Duration;

/** What happens to a cluster. Troubles begin once the measurement does. */
enum Scenario {
  EQUAL("all equal") {},
  HALF_SLOW("half 3× slower") {
    @Override
    void prepare(Cluster cluster) {
      for (int i = 0; i < cluster.size(); i += 2) {
        cluster.server(i).slowness = 3;
      }
    }

    /** Late, but not cut off, so that it shows how late. */
    @Override
    Duration deadline() {
      return Duration.ofSeconds(30);
    }
  },
  ONE_STALLED("one stalled") {
    @Override
    void begin(Cluster cluster) {
      cluster.server(0).mood = Server.Mood.STALLED;
    }
  },
  ONE_FAILING("one failing fast") {
    @Override
    void begin(Cluster cluster) {
      cluster.server(0).mood = Server.Mood.FAILING;
    }
  },
  /** The same when nobody is ever ejected: the balancer alone must see it. */
  ONE_FAILING_KEPT("one failing fast, no ejection") {
    @Override
    void begin(Cluster cluster) {
      cluster.server(0).mood = Server.Mood.FAILING;
    }

    /** One that uses one endpoint at a time can only leave it by ejection. */
    @Override
    boolean suits(Subject subject) {
      return !subject.has(Subject.Trait.ONE_ENDPOINT);
    }
  },
  ROLLING_RESTART("rolling restart") {
    @Override
    void begin(Cluster cluster) {
      int batch = Math.max(1, cluster.size() / 10);
      Duration pause = cluster.measured().dividedBy(11);
      for (int first = 0; first < cluster.size(); first += batch) {
        cluster.restart(first, batch, pause.multipliedBy(first / batch), pause.dividedBy(3));
      }
    }
  },
  COLD_START("cold start of one") {
    @Override
    void prepare(Cluster cluster) {
      // One; of a thousand ten, or a p99 of its calls would rest on too few.
      for (int i = 0; i < Math.max(1, cluster.size() / 100); i++) {
        cluster.server(cluster.size() - 1 - i).mood = Server.Mood.DOWN;
      }
    }

    @Override
    void begin(Cluster cluster) {
      cluster.startCold();
    }
  },
  COLD_START_SLOWLY("cold start of one, slow start") {
    @Override
    void prepare(Cluster cluster) {
      COLD_START.prepare(cluster);
    }

    @Override
    void begin(Cluster cluster) {
      COLD_START.begin(cluster);
    }

    @Override
    Duration slowStart() {
      return Duration.ofSeconds(5);
    }
  };

  private final String title;

  Scenario(String title) {
    this.title = title;
  }

  void prepare(Cluster cluster) {}

  void begin(Cluster cluster) {}

  Duration slowStart() {
    return Duration.ZERO;
  }

  /** What every call has. */
  Duration deadline() {
    return Duration.ofSeconds(3);
  }

  /** Whether it says anything about this balancer. */
  boolean suits(Subject subject) {
    return true;
  }

  boolean isColdStart() {
    return this == COLD_START || this == COLD_START_SLOWLY;
  }

  @Override
  public String toString() {
    return title;
  }
}
