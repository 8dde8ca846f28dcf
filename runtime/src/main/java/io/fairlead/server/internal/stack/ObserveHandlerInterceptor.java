package io.fairlead.server.internal.stack;

import io.fairlead.contract.internal.stream.CallRefusal;
import io.fairlead.internal.executor.HandlerScope;
import io.fairlead.server.internal.observe.ServerCallRecorder;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/**
 * Notes for the observers when a call reaches its handler, and whether the handler ends it. It
 * stands around the handler alone, so its time is not that of the layers. One instance serves all
 * methods.
 */
final class ObserveHandlerInterceptor implements ServerInterceptor {
  static final ObserveHandlerInterceptor INSTANCE = new ObserveHandlerInterceptor();

  private ObserveHandlerInterceptor() {}

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    ServerCallRecorder recorder = ServerCallRecorder.current();
    if (recorder == null) {
      return next.startCall(call, headers);
    }
    recorder.handlerStarted();
    try {
      return next.startCall(new HandlerCall<>(call, recorder), headers);
    } catch (RuntimeException | Error e) {
      recorder.endedByHandler();
      throw e;
    }
  }

  @Override
  public String toString() {
    return "observe handler";
  }

  private static final class HandlerCall<Q, R> extends SimpleForwardingServerCall<Q, R>
      implements HandlerScope {
    private final ServerCallRecorder recorder;

    HandlerCall(ServerCall<Q, R> call, ServerCallRecorder recorder) {
      super(call);
      this.recorder = recorder;
    }

    @Override
    public @Nullable Runnable enter() {
      return recorder.handlerEntered();
    }

    @Override
    public void close(Status status, Metadata trailers) {
      if (!CallRefusal.isIn(status)) {
        recorder.endedByHandler();
      }
      delegate().close(status, trailers);
    }
  }
}
