package io.fairlead.interop.grpc;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.ForwardingServerCall;
import io.grpc.ForwardingServerCallListener;
import io.grpc.KnownLength;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Which messages were compressed, which the cases of compression ask a server to check; and the
 * choice for each message of the answer. No handler needs this in earnest.
 */
final class Compression implements ServerInterceptor {
  private static final Context.Key<PerCall> KEY = Context.key("interop-compression");

  /** Of one call: its messages come in order, and so do the answers. */
  private static final class PerCall {
    private final Queue<Boolean> received = new ConcurrentLinkedQueue<>();
    private final Queue<Boolean> answers = new ConcurrentLinkedQueue<>();
  }

  /** The service with messages that know whether they were compressed. */
  static ServerServiceDefinition seen(ServerServiceDefinition service) {
    return ServerInterceptors.useMarshalledMessages(service, new Flagging());
  }

  /** Fails the call unless its next message was compressed, or was not. */
  static void expect(boolean compressed) {
    Boolean was = here().received.remove();
    if (was != compressed) {
      throw Status.INVALID_ARGUMENT
          .withDescription("expected compressed=" + compressed + ", received compressed=" + was)
          .asRuntimeException();
    }
  }

  /** Passes over a message of which nothing is expected. */
  static void skip() {
    PerCall call = KEY.get();
    if (call != null) {
      call.received.remove();
    }
  }

  /** Chooses for the next message of the answer. */
  static void answer(boolean compressed) {
    here().answers.add(compressed);
  }

  private static PerCall here() {
    PerCall call = KEY.get();
    if (call == null) {
      throw new IllegalStateException(
          "a case of compression came to the server that is not watchful");
    }
    return call;
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    PerCall state = new PerCall();
    // Says in the headers that messages may be compressed; each one then says it of itself.
    call.setCompression("gzip");
    Context context = Context.current().withValue(KEY, state);
    ServerCall.Listener<Q> listener =
        Contexts.interceptCall(context, new Choosing<>(call, state), headers, next);
    return new ForwardingServerCallListener.SimpleForwardingServerCallListener<>(listener) {
      @Override
      public void onMessage(Q message) {
        state.received.add(message instanceof Flagged flagged && flagged.compressed);
        super.onMessage(message);
      }
    };
  }

  private static final class Choosing<Q, R>
      extends ForwardingServerCall.SimpleForwardingServerCall<Q, R> {
    private final PerCall state;

    Choosing(ServerCall<Q, R> call, PerCall state) {
      super(call);
      this.state = state;
    }

    @Override
    public void sendMessage(R message) {
      Boolean choice = state.answers.poll();
      setMessageCompression(choice != null && choice);
      super.sendMessage(message);
    }
  }

  private static final class Flagged extends ByteArrayInputStream {
    private final boolean compressed;

    Flagged(byte[] bytes, boolean compressed) {
      super(bytes);
      this.compressed = compressed;
    }
  }

  private static final class Flagging implements MethodDescriptor.Marshaller<InputStream> {
    @Override
    public InputStream stream(InputStream value) {
      return value;
    }

    /**
     * The transport knows the length of what it need not inflate. Read at once: the transport's
     * buffers are gone when the handler's thread comes to it.
     */
    @Override
    public InputStream parse(InputStream stream) {
      try {
        return new Flagged(stream.readAllBytes(), !(stream instanceof KnownLength));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
