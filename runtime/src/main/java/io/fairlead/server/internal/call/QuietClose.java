package io.fairlead.server.internal.call;

import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import java.lang.System.Logger.Level;

/**
 * Ends a call that another thread may have ended already. grpc-java throws at a second close; here
 * the second one has no effect, as several layers may decide at the same time.
 */
public final class QuietClose {
  private static final System.Logger LOG = System.getLogger(QuietClose.class.getName());

  private QuietClose() {}

  public static void closeQuietly(ServerCall<?, ?> call, Status status) {
    closeQuietly(call, status, new Metadata());
  }

  public static void closeQuietly(ServerCall<?, ?> call, Status status, Metadata trailers) {
    try {
      call.close(status, trailers);
    } catch (IllegalStateException alreadyClosed) {
      LOG.log(
          Level.DEBUG,
          () ->
              call.getMethodDescriptor().getFullMethodName()
                  + " was over before it could be closed with "
                  + status);
    }
  }

  /** Returns the listener of a call that was refused: nothing more is to be heard. */
  public static <Q> ServerCall.Listener<Q> noopListener() {
    return new ServerCall.Listener<>() {};
  }
}
