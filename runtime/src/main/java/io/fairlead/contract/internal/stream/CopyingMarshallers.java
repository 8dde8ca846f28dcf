package io.fairlead.contract.internal.stream;

import io.grpc.KnownLength;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.MethodDescriptor.PrototypeMarshaller;
import io.grpc.Status;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;

/**
 * Lets messages be read later than they arrived.
 *
 * <p>grpc-java takes a message's bytes back once its listener was told of it. A marshaller that
 * nobody generated may leave the reading to whoever gets the message: an {@code InputStream} handed
 * on, a view that parses when it is asked. Where the runtime keeps a message, or takes it to
 * another thread, such a marshaller gets a copy of the bytes. Those of protobuf read at once and
 * need none.
 */
public final class CopyingMarshallers {
  private CopyingMarshallers() {}

  /** Returns the method with requests that may be read later; the same one if they may anyway. */
  public static <Q, R> MethodDescriptor<Q, R> requests(MethodDescriptor<Q, R> method) {
    Marshaller<Q> given = method.getRequestMarshaller();
    return readsEagerly(given)
        ? method
        : method.toBuilder(new Copying<>(given), method.getResponseMarshaller()).build();
  }

  /** Returns the method with responses that may be read later; the same one if they may anyway. */
  public static <Q, R> MethodDescriptor<Q, R> responses(MethodDescriptor<Q, R> method) {
    Marshaller<R> given = method.getResponseMarshaller();
    return readsEagerly(given)
        ? method
        : method.toBuilder(method.getRequestMarshaller(), new Copying<>(given)).build();
  }

  /**
   * Returns a message's bytes as the transport gives and takes them: a stream that says how long it
   * is.
   */
  public static InputStream open(byte[] message) {
    return new Known(message);
  }

  /** Those of protobuf do. */
  private static boolean readsEagerly(Marshaller<?> marshaller) {
    return marshaller instanceof PrototypeMarshaller || marshaller instanceof Copying;
  }

  private record Copying<T>(Marshaller<T> delegate) implements Marshaller<T> {
    @Override
    public InputStream stream(T value) {
      return delegate.stream(value);
    }

    @Override
    public T parse(InputStream stream) {
      try {
        byte[] bytes = stream.readAllBytes();
        return delegate.parse(
            stream instanceof KnownLength ? open(bytes) : new ByteArrayInputStream(bytes));
      } catch (IOException e) {
        throw Status.INTERNAL
            .withDescription("a message could not be read")
            .withCause(e)
            .asRuntimeException();
      }
    }
  }

  /** A marshaller may ask whether the transport knew the length, as it does of plain messages. */
  private static final class Known extends ByteArrayInputStream implements KnownLength {
    Known(byte[] bytes) {
      super(bytes);
    }
  }
}
