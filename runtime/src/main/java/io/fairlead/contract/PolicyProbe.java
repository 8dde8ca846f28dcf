package io.fairlead.contract;

import io.grpc.CallOptions;
import java.lang.System.Logger.Level;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Finds out whether the channel under a client knows policies. A channel that does answers the
 * first call; without an answer it is said once in the log that contracts' policies do nothing
 * there.
 */
public final class PolicyProbe {
  private static final System.Logger LOG = System.getLogger(PolicyProbe.class.getName());
  private static final CallOptions.Key<@Nullable PolicyProbe> KEY =
      CallOptions.Key.create("fairlead-policy-probe");

  /** Once in a JVM is enough: a client may be made for every call. */
  private static final AtomicBoolean REPORTED = new AtomicBoolean();

  private volatile boolean answered;

  PolicyProbe() {}

  /** Called by a channel that honours contracts' policies, when a call is made. Cheap. */
  public static void answer(CallOptions options) {
    PolicyProbe probe = options.getOption(KEY);
    if (probe != null) {
      probe.answered = true;
    }
  }

  static boolean isNeeded() {
    return !REPORTED.get();
  }

  CallOptions addTo(CallOptions options) {
    return options.withOption(KEY, this);
  }

  void reportSilence(String method, Object channel) {
    if (!answered && REPORTED.compareAndSet(false, true)) {
      LOG.log(
          Level.WARNING,
          "{0} is called over {1}, which knows no policies: deadlines, retries and balancing that the"
              + " contract states have no effect there. Use an RpcChannel for them. Said once",
          method,
          channel);
    }
  }
}
