package io.fairlead.server.internal.stack;

import io.fairlead.server.internal.observe.ServerCallRecorder;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;

/**
 * Notes for the observers with which status the stack ends a call. It stands outermost, so it sees
 * the end by whichever layer decided it. One instance serves all methods, as the record is in the
 * call's context.
 */
final class ObserveInterceptor implements ServerInterceptor {
  static final ObserveInterceptor INSTANCE = new ObserveInterceptor();

  private ObserveInterceptor() {}

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    ServerCallRecorder recorder = ServerCallRecorder.current();
    return next.startCall(recorder == null ? call : new RecordedCall<>(call, recorder), headers);
  }

  @Override
  public String toString() {
    return "observe";
  }

  private static final class RecordedCall<Q, R> extends SimpleForwardingServerCall<Q, R> {
    private final ServerCallRecorder recorder;

    RecordedCall(ServerCall<Q, R> call, ServerCallRecorder recorder) {
      super(call);
      this.recorder = recorder;
    }

    @Override
    public void close(Status status, Metadata trailers) {
      recorder.closed(status);
      delegate().close(status, trailers);
    }
  }
}
