package io.fairlead.client.internal;

import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import com.google.protobuf.UnsafeByteOperations;
import io.fairlead.contract.internal.stream.CopyingMarshallers;
import io.fairlead.internal.Plural;
import io.grpc.CallOptions;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.MethodDescriptor.PrototypeMarshaller;
import io.grpc.Status;
import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/**
 * A request that protobuf did not make, as the bytes that its marshaller gives.
 *
 * <p>A custom marshaller may not support a second read; one that hands on an {@code InputStream}
 * cannot. So it is read once, when the caller sends the request, and each attempt sends these
 * bytes. They also tell the size before the transport sees it, and whether two requests are the
 * same.
 */
final class ReplayableRequest {
  private static final byte[] NOTHING = {};

  private final Object original;
  private final Marshaller<?> marshaller;
  private final byte[] bytes;
  private final @Nullable Status refusal;

  private ReplayableRequest(
      Object original, Marshaller<?> marshaller, byte[] bytes, @Nullable Status refusal) {
    this.original = original;
    this.marshaller = marshaller;
    this.bytes = bytes;
    this.refusal = refusal;
  }

  /** The method as its attempts send it; the same one if its requests are protobuf's. */
  static <Q, R> MethodDescriptor<Q, R> sending(MethodDescriptor<Q, R> method) {
    Marshaller<Q> given = method.getRequestMarshaller();
    return isOfProtobuf(given)
        ? method
        : method.toBuilder(new BufferingMarshaller<>(given), method.getResponseMarshaller())
            .build();
  }

  /** Whether its messages are values that can be read again and again. */
  static boolean isOfProtobuf(Marshaller<?> marshaller) {
    return marshaller instanceof PrototypeMarshaller<?> typed
        && typed.getMessagePrototype() instanceof MessageLite;
  }

  /**
   * What attempts send in the place of a request.
   *
   * @param method that {@link #sending} gave
   * @param options that have the limit of its bytes
   */
  static <Q> Q of(MethodDescriptor<Q, ?> method, Q request, CallOptions options) {
    if (request == null) {
      // gRPC would send an empty message in its place.
      throw new NullPointerException("a request of " + method.getFullMethodName() + " is null");
    }
    if (!(method.getRequestMarshaller() instanceof BufferingMarshaller<Q> own)) {
      return request;
    }
    Integer limit = options.getMaxOutboundMessageSize();
    return own.buffer(request, limit == null ? Integer.MAX_VALUE : limit);
  }

  /** The request as the caller gave it; read anew, if it was one that is read once. */
  Object original() {
    return original instanceof InputStream ? marshaller.parse(open()) : original;
  }

  int size() {
    return bytes.length;
  }

  /** Equal for equal requests. */
  ByteString key() {
    return UnsafeByteOperations.unsafeWrap(bytes);
  }

  /** Why it cannot be sent, or null. */
  @Nullable Status refusal() {
    return refusal;
  }

  InputStream open() {
    return CopyingMarshallers.open(bytes);
  }

  /** Takes buffered requests where the caller's own marshaller takes the caller's. */
  private record BufferingMarshaller<Q>(Marshaller<Q> delegate) implements Marshaller<Q> {
    @SuppressWarnings("unchecked") // only stream() below ever looks at it
    Q buffer(Q request, int limit) {
      byte[] read = NOTHING;
      Status refusal = null;
      try (InputStream stream = delegate.stream(request)) {
        // One more than allowed shows that it is too long, however long it may be.
        read = stream.readNBytes(limit == Integer.MAX_VALUE ? limit : limit + 1);
        if (read.length > limit) {
          read = NOTHING;
          refusal = MessageSizeLayer.exceeded("the request", limit);
        }
      } catch (IOException e) {
        refusal =
            Status.CANCELLED.withDescription("the request could not be read: " + e).withCause(e);
      }
      return (Q) new ReplayableRequest(request, delegate, read, refusal);
    }

    @Override
    public InputStream stream(Q value) {
      Object kept = value;
      return ((ReplayableRequest) kept).open();
    }

    @Override
    public Q parse(InputStream stream) {
      return delegate.parse(stream);
    }
  }

  @Override
  public String toString() {
    return "a request of " + Plural.of(bytes.length, "byte");
  }
}
