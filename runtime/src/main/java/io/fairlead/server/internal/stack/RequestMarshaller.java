package io.fairlead.server.internal.stack;

import io.fairlead.contract.internal.stream.CallRefusal;
import io.fairlead.internal.LogThrottle;
import io.fairlead.internal.Plural;
import io.grpc.KnownLength;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.Status;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger.Level;
import java.util.function.LongSupplier;

/**
 * Reads the requests of a method as they come from the wire. One that cannot be read becomes a
 * {@link CallRefusal}, so that its caller hears why; the log gets a line, at most one a second.
 *
 * <p>The method's limit holds before anything is read: by the length of a plain request, and while
 * a compressed one is unpacked. The transport has buffered the request by then, up to the largest
 * limit of any method of the server.
 *
 * <p>Bytes that are not what the method takes are the caller's mistake. Any other failure is one of
 * the code that reads: the caller hears no more than that, and the log has its stack trace.
 */
final class RequestMarshaller<Q> implements Marshaller<Q> {
  private static final System.Logger LOG = System.getLogger(RequestMarshaller.class.getName());

  private final Marshaller<Q> delegate;
  private final String method;
  private final int maxBytes;
  private final LogThrottle throttle;

  RequestMarshaller(Marshaller<Q> delegate, String method, int maxBytes, LongSupplier nanoClock) {
    this.delegate = delegate;
    this.method = method;
    this.maxBytes = maxBytes;
    this.throttle = new LogThrottle(nanoClock);
  }

  @Override
  public InputStream stream(Q value) {
    return delegate.stream(value);
  }

  @Override
  public Q parse(InputStream stream) {
    try {
      if (!(stream instanceof KnownLength)) {
        return delegate.parse(new Unpacking(stream));
      }
      int bytes = stream.available();
      if (bytes <= maxBytes) {
        return delegate.parse(stream);
      }
      throw tooLarge(
          "a request of "
              + Plural.of(bytes, "byte")
              + " is above the "
              + maxBytes
              + " that "
              + method
              + " allows");
    } catch (IOException | RuntimeException e) {
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

  private static TooLarge tooLarge(String why) {
    return new TooLarge(Status.RESOURCE_EXHAUSTED.withDescription(why));
  }

  private Status why(Exception failure) {
    if (failure instanceof TooLarge known) {
      return known.status;
    }
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

  /** Thrown through the code that reads, with what the caller hears. */
  private static final class TooLarge extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final transient Status status;

    TooLarge(Status status) {
      super(status.getDescription(), null, false, false);
      this.status = status;
    }
  }

  /** A request whose size shows only while it is unpacked. */
  private final class Unpacking extends FilterInputStream {
    private int left = maxBytes;

    Unpacking(InputStream packed) {
      super(packed);
    }

    @Override
    public int read() throws IOException {
      int value = super.read();
      if (value >= 0) {
        count(1);
      }
      return value;
    }

    @Override
    public int read(byte[] into, int from, int length) throws IOException {
      int count = super.read(into, from, length);
      if (count > 0) {
        count(count);
      }
      return count;
    }

    @Override
    public long skip(long bytes) throws IOException {
      // Ours counts each one, and nobody skips much.
      long skipped = 0;
      while (skipped < bytes && read() >= 0) {
        skipped++;
      }
      return skipped;
    }

    @Override
    public boolean markSupported() {
      return false;
    }

    private void count(int bytes) {
      left -= bytes;
      if (left < 0) {
        throw tooLarge(
            "a request unpacks to more than the "
                + Plural.of(maxBytes, "byte")
                + " that "
                + method
                + " allows");
      }
    }
  }
}
