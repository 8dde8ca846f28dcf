package io.fairlead.internal;

import java.lang.System.Logger.Level;
import java.lang.ref.Cleaner;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Warns when something that was to be started is collected before it was. The usual mistake is a
 * builder whose {@code start()} was forgotten; without this the program would do nothing, in
 * silence.
 */
public final class UnstartedBuilderWarning {
  private static final System.Logger LOG = System.getLogger("io.fairlead.server.RpcServer");

  private final Forgotten forgotten;
  private final Cleaner.Cleanable cleanable;

  private UnstartedBuilderWarning(Forgotten forgotten, Cleaner.Cleanable cleanable) {
    this.forgotten = forgotten;
    this.cleanable = cleanable;
  }

  /**
   * Watches a handle, which may keep the reminder.
   *
   * @param what names it in the warning, and must not lead back to the handle
   */
  public static UnstartedBuilderWarning watch(Object handle, String what) {
    Forgotten forgotten = new Forgotten(what, new Throwable("it was made here"));
    return new UnstartedBuilderWarning(forgotten, SharedCleaner.register(handle, forgotten));
  }

  /** Learns that it was started, or that the start was tried: no warning is needed. */
  public void started() {
    forgotten.started.set(true);
    cleanable.clean();
  }

  private static final class Forgotten implements Runnable {
    private final String what;
    private final Throwable madeAt;
    private final AtomicBoolean started = new AtomicBoolean();

    Forgotten(String what, Throwable madeAt) {
      this.what = what;
      this.madeAt = madeAt;
    }

    @Override
    public void run() {
      if (!started.get()) {
        LOG.log(
            Level.WARNING, what + " was never started, and serves nothing; call start()", madeAt);
      }
    }
  }
}
