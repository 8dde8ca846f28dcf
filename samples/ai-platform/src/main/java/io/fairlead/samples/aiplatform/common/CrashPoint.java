package io.fairlead.samples.aiplatform.common;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;

/** Kills its own process with -9 at a place that the story names, such as {@code committed:100}. */
public final class CrashPoint {
  private final String place;
  private final AtomicInteger passes;

  private CrashPoint(String place, int passes) {
    this.place = place;
    this.passes = new AtomicInteger(passes);
  }

  /** Returns that of a process; most have none. */
  public static CrashPoint of(Settings settings) {
    String[] parts = settings.text("crash", "nowhere:1").split(":", -1);
    return new CrashPoint(parts[0], Integer.parseInt(parts[1]));
  }

  /** Passes a place. Does not return if the process is to be killed here. */
  public void pass(String where) {
    if (!where.equals(place) || passes.decrementAndGet() != 0) {
      return;
    }
    System.getLogger(CrashPoint.class.getName())
        .log(System.Logger.Level.INFO, "kill -9, {0}", where);
    try {
      String pid = Long.toString(ProcessHandle.current().pid());
      int unused = new ProcessBuilder("kill", "-9", pid).start().waitFor();
      Thread.sleep(10_000);
    } catch (IOException e) {
      throw new IllegalStateException("cannot kill itself", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    throw new IllegalStateException("still alive after kill -9");
  }
}
