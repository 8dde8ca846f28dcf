package io.fairlead.server.internal.stack;

import io.fairlead.contract.internal.stream.CallRefusal;
import io.fairlead.server.internal.call.TerminableServerCall;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/**
 * Stands above code that is not ours, such as an interceptor or a stock handler. It shows the
 * method as the contract has it, and lets through only requests that can be read, and as many as
 * the method takes. Our own bindings do the same for themselves, without another object per call.
 */
record RequestGuardInterceptor(MethodDescriptor<?, ?> method) implements ServerInterceptor {
  @Override
  @SuppressWarnings("unchecked") // the stack of one method: its types are these
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    TerminableServerCall<Q, R> terminable = new TerminableServerCall<>(call);
    GuardedCall<Q, R> guarded = new GuardedCall<>(terminable, (MethodDescriptor<Q, R>) method);
    return new GuardedListener<>(terminable, method, next.startCall(guarded, headers));
  }

  @Override
  public String toString() {
    return "guard requests";
  }

  private static final class GuardedCall<Q, R> extends SimpleForwardingServerCall<Q, R> {
    private final MethodDescriptor<Q, R> method;

    GuardedCall(ServerCall<Q, R> delegate, MethodDescriptor<Q, R> method) {
      super(delegate);
      this.method = method;
    }

    @Override
    public MethodDescriptor<Q, R> getMethodDescriptor() {
      return method;
    }

    @Override
    public void request(int messages) {
      // Else a second request would not be seen, and the caller would wait for ever.
      boolean only = messages == 1 && method.getType().clientSendsOneMessage();
      super.request(only ? 2 : messages);
    }
  }

  private static final class GuardedListener<Q> extends TerminableServerCall.HandlerListener<Q> {
    private final boolean takesOne;

    /** The only request of a method that takes one: it may be the first of two that are refused. */
    private @Nullable Q held;

    GuardedListener(
        TerminableServerCall<Q, ?> call,
        MethodDescriptor<?, ?> method,
        ServerCall.Listener<Q> delegate) {
      super(call, delegate);
      this.takesOne = method.getType().clientSendsOneMessage();
    }

    @Override
    public void onMessage(Q message) {
      if (call.wasTerminated()) {
        return;
      }
      if (message instanceof CallRefusal refusal) {
        call.terminate(refusal.status());
      } else if (!takesOne) {
        delegate().onMessage(message);
      } else if (held != null) {
        refuse("more than one request to ");
      } else {
        held = message;
      }
    }

    @Override
    public void onHalfClose() {
      Q request = held;
      held = null;
      if (takesOne && request == null) {
        refuse("no request came to ");
      }
      if (call.wasTerminated()) {
        return;
      }
      if (request != null) {
        delegate().onMessage(request);
      }
      delegate().onHalfClose();
    }

    private void refuse(String why) {
      call.terminate(
          Status.UNIMPLEMENTED.withDescription(
              why + call.getMethodDescriptor().getFullMethodName()));
    }
  }
}
