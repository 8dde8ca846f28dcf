package io.fairlead.contract.internal;

import io.grpc.CallOptions;
import java.lang.System.Logger.Level;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Finds out whether the channel under a client knows policies.
 *
 * <p>A channel that does answers the first call through its options. Without an answer, one line in
 * the log says that the contracts' policies have no effect there. Without this, a contract's
 * deadline would be missing in silence when a client is put over a plain grpc-java channel.
 */
public final class PolicySupportCheck {
  private static final System.Logger LOG = System.getLogger(PolicySupportCheck.class.getName());
  private static final CallOptions.Key<@Nullable PolicySupportCheck> KEY =
      CallOptions.Key.create("fairlead-policy-probe");

  /** Once in a JVM is enough: a client may be made for every call. */
  private static final AtomicBoolean REPORTED = new AtomicBoolean();

  private volatile boolean confirmed;

  public PolicySupportCheck() {}

  /** Called by a channel that honours contracts' policies, when a call is made. Cheap. */
  public static void answer(CallOptions options) {
    PolicySupportCheck check = options.getOption(KEY);
    if (check != null) {
      check.confirmed = true;
    }
  }

  public static boolean isNeeded() {
    return !REPORTED.get();
  }

  public CallOptions addTo(CallOptions options) {
    return options.withOption(KEY, this);
  }

  public void warnUnsupported(String method, Object channel) {
    if (!confirmed && REPORTED.compareAndSet(false, true)) {
      LOG.log(
          Level.WARNING,
          "{0} is called over {1}, which knows no policies: deadlines, retries and balancing that"
              + " the contract states have no effect there. Use an RpcChannel for them. Said once",
          method,
          channel);
    }
  }
}
