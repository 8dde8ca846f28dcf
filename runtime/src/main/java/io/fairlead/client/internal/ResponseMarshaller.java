package io.fairlead.client.internal;

import io.fairlead.observe.internal.UnreadableResponseException;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.Marshaller;
import java.io.InputStream;

/**
 * Reads responses with a marshaller that is not protobuf's, and marks what that throws. grpc-java
 * reports it in the same words as a failure of the listener, which is no fault of the endpoint.
 */
record ResponseMarshaller<R>(Marshaller<R> delegate) implements Marshaller<R> {
  /**
   * Returns the method as its attempts receive it; the same one if its responses are protobuf's.
   */
  static <Q, R> MethodDescriptor<Q, R> receiving(MethodDescriptor<Q, R> method) {
    Marshaller<R> given = method.getResponseMarshaller();
    return ReplayableRequest.isOfProtobuf(given)
        ? method
        : method.toBuilder(method.getRequestMarshaller(), new ResponseMarshaller<>(given)).build();
  }

  @Override
  public InputStream stream(R value) {
    return delegate.stream(value);
  }

  @Override
  public R parse(InputStream stream) {
    try {
      return delegate.parse(stream);
    } catch (RuntimeException e) {
      throw new UnreadableResponseException(e);
    }
  }
}
