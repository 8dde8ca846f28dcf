package io.fairlead.server.internal.stack;

import com.google.protobuf.MessageLite;
import io.fairlead.internal.Plural;
import io.fairlead.server.internal.call.TerminableServerCall;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;

/**
 * Ends a call with a response above the size that the method allows, with a clear status. The
 * handler is told as if the caller had cancelled. Requests are judged by {@link RequestMarshaller}.
 */
final class SizeInterceptor implements ServerInterceptor {
  private final int maxResponseBytes;

  SizeInterceptor(int maxResponseBytes) {
    this.maxResponseBytes = maxResponseBytes;
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    TerminableServerCall<Q, R> terminable = new TerminableServerCall<>(call);
    return new TerminableServerCall.HandlerListener<>(
        terminable, next.startCall(new SizedCall<>(terminable), headers));
  }

  /** Protobuf remembers the size, so the marshaller need not count again. */
  private static int size(Object message) {
    return message instanceof MessageLite proto ? proto.getSerializedSize() : 0;
  }

  private Status tooLarge(int size, ServerCall<?, ?> call) {
    return Status.RESOURCE_EXHAUSTED.withDescription(
        "a response of "
            + Plural.of(size, "byte")
            + " is above the "
            + maxResponseBytes
            + " that "
            + call.getMethodDescriptor().getFullMethodName()
            + " allows");
  }

  @Override
  public String toString() {
    return "sizes(response " + maxResponseBytes + ")";
  }

  private final class SizedCall<Q, R> extends SimpleForwardingServerCall<Q, R> {
    private final TerminableServerCall<Q, R> call;

    SizedCall(TerminableServerCall<Q, R> call) {
      super(call);
      this.call = call;
    }

    @Override
    public void sendMessage(R message) {
      int size = size(message);
      if (size > maxResponseBytes) {
        call.terminate(tooLarge(size, call));
      } else {
        call.sendMessage(message);
      }
    }
  }
}
