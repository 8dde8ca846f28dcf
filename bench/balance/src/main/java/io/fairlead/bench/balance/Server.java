package io.fairlead.bench.balance;

import io.fairlead.discovery.Endpoint;
import java.util.ArrayDeque;

/** A simulated instance: a few workers, a line before them, and perhaps a trouble. */
final class Server {
  /** How many calls it works on at once. */
  static final int WORKERS = 2;

  /** How long a call takes on average, with exponential spread. */
  static final double MEAN_NANOS = 50e6;

  /** How long an instance is cold. */
  private static final double COLD_NANOS = 1.5e9;

  final int number;
  final Endpoint endpoint;
  final String id;
  final ArrayDeque<Call> line = new ArrayDeque<>();
  Mood mood = Mood.WELL;
  double slowness = 1;
  int busy;
  long received;
  long finished;
  private double workedNanos;
  private boolean cold;
  private long coldSince;

  enum Mood {
    WELL,
    /** Takes calls and never answers, as a stopped process. */
    STALLED,
    /** Refuses every call at once. */
    FAILING,
    /** Has left. */
    DOWN
  }

  Server(int number) {
    this.number = number;
    this.endpoint = VirtualClient.endpoint(number);
    this.id = endpoint.id();
  }

  /** Just started: one worker and half the speed, getting better evenly. */
  void startCold(long now) {
    mood = Mood.WELL;
    cold = true;
    coldSince = now;
  }

  private double warmth(long now) {
    return cold ? Math.min(1, (now - coldSince) / COLD_NANOS) : 1;
  }

  boolean hasFreeWorker(long now) {
    return busy < (warmth(now) < 0.5 ? 1 : WORKERS);
  }

  /** Takes up a call, which it will be done with after so long; for a random number in [0, 1). */
  long begin(long now, double random) {
    busy++;
    double work = -Math.log(1 - random) * MEAN_NANOS * slowness * (2 - warmth(now));
    workedNanos += work;
    return (long) work;
  }

  void finish() {
    busy--;
    finished++;
  }

  /** Whether it started cold, be it warm by now. */
  boolean isCold() {
    return cold;
  }

  /** Calls a second that it can take now; warming up does not count. */
  double capacity() {
    return mood == Mood.WELL ? capacityWhenWell() : 0;
  }

  double capacityWhenWell() {
    return WORKERS / (MEAN_NANOS * slowness / 1e9);
  }

  /** Its own report of its load since the start of time: the share of its workers in use. */
  double utilization(long now) {
    return workedNanos / now / WORKERS;
  }

  @Override
  public String toString() {
    return id + " " + mood;
  }
}
