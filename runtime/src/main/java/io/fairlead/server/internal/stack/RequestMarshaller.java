package io.fairlead.server.internal.stack;

import io.fairlead.contract.internal.stream.CallRefusal;
import io.fairlead.internal.LogThrottle;
import io.fairlead.internal.Plural;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.Status;
import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger.Level;
import java.util.function.LongSupplier;

/**
 * Reads the requests of a method as they come from the wire. One that cannot be read becomes a
 * {@link CallRefusal}, so that its caller hears why; the log gets a line, at most one a second.
 *
 * <p>Bytes that are not what the method takes are the caller's mistake. Any other failure is one of
 * the code that reads: the caller hears no more than that, and the log has its stack trace.
 */
final class RequestMarshaller<Q> implements Marshaller<Q> {
  private static final System.Logger LOG = System.getLogger(RequestMarshaller.class.getName());

  private final Marshaller<Q> delegate;
  private final String method;
  private final LogThrottle throttle;

  RequestMarshaller(Marshaller<Q> delegate, String method, LongSupplier nanoClock) {
    this.delegate = delegate;
    this.method = method;
    this.throttle = new LogThrottle(nanoClock);
  }

  @Override
  public InputStream stream(Q value) {
    return delegate.stream(value);
  }

  @Override
  public Q parse(InputStream stream) {
    try {
      return delegate.parse(stream);
    } catch (RuntimeException e) {
      Status why = why(e);
      long before = throttle.admit();
      if (before >= 0) {
        String line =
            why.getDescription()
                + "; the call ends with "
                + why.getCode()
                + (before == 0 ? "" : ", as did " + Plural.of(before, "earlier call"));
        if (why.getCode() == Status.Code.INTERNAL) {
          LOG.log(Level.ERROR, line, e);
        } else {
          LOG.log(Level.WARNING, line);
        }
      }
      return inPlaceOfRequest(new CallRefusal(why));
    }
  }

  /** The transport and the layers hand on what they get. Who reads requests looks for refusals. */
  @SuppressWarnings("unchecked")
  private Q inPlaceOfRequest(CallRefusal refusal) {
    return (Q) (Object) refusal;
  }

  private Status why(RuntimeException failure) {
    Status said = Status.fromThrowable(failure);
    if (said.getCode() == Status.Code.RESOURCE_EXHAUSTED) {
      return Status.RESOURCE_EXHAUSTED.withDescription(
          "a request of " + method + " is too large: " + said.getDescription());
    }
    Throwable root = failure;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    // The one of protobuf is one too.
    if (!(root instanceof IOException)) {
      return Status.INTERNAL.withDescription(
          "the server failed to read a request of " + method + "; its log has the cause");
    }
    return Status.INVALID_ARGUMENT.withDescription(
        "a request of "
            + method
            + " cannot be read: "
            + root.getMessage()
            + " Do both sides have the same types?");
  }
}
