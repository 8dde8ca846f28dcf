package io.fairlead.contract.client;

import com.google.common.util.concurrent.MoreExecutors;
import io.fairlead.contract.MethodContract;
import io.fairlead.contract.internal.PolicySupportCheck;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Makes the calls of one generated client.
 *
 * <p>Callbacks run on the event loop: those of the runtime are short, and async code promises not
 * to block. The first call of a client also finds out whether the channel knows policies, see
 * {@link PolicySupportCheck}; later calls pay one read for that.
 */
final class GeneratedCallStarter {
  // Callbacks run where the bytes arrive: what they do is short, or the user's async code.
  private static final CallOptions ON_THE_LOOP =
      CallOptions.DEFAULT.withExecutor(MoreExecutors.directExecutor());

  private final Channel channel;
  private final AtomicBoolean probed = new AtomicBoolean();

  GeneratedCallStarter(Channel channel) {
    this.channel = channel;
  }

  <Q, R> ClientCall<Q, R> newCall(MethodContract<Q, R> method) {
    // The plain read first: this stands on the way of every call.
    if (!probed.get() && PolicySupportCheck.isNeeded() && probed.compareAndSet(false, true)) {
      PolicySupportCheck check = new PolicySupportCheck();
      ClientCall<Q, R> call = channel.newCall(method.descriptor(), check.addTo(ON_THE_LOOP));
      check.warnUnsupported(method.fullName(), channel);
      return call;
    }
    return channel.newCall(method.descriptor(), ON_THE_LOOP);
  }

  /** Refuses a request that is null before there is a call: gRPC would send an empty message. */
  static <Q> void checkRequest(MethodContract<Q, ?> method, @Nullable Q request) {
    if (request == null) {
      throw new NullPointerException("the request of " + method.fullName() + " is null");
    }
  }

  @Override
  public String toString() {
    return channel.toString();
  }
}
