package io.fairlead.interop.grpc;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ClientStreamTracer;
import io.grpc.ForwardingClientCall;
import io.grpc.ForwardingClientCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Sees one call as it is on the wire: the sizes of its messages, and how it ended. */
final class CallWatch implements ClientInterceptor {
  private final List<Size> sent = new ArrayList<>();
  private final List<Size> received = new ArrayList<>();
  private final CompletableFuture<Status> end = new CompletableFuture<>();
  private final Deque<Boolean> compression = new ArrayDeque<>();

  /** Of one message, with compression and without. */
  record Size(long wire, long plain) {
    /**
     * The messages of these cases are zeros: no compression could fail to shrink them. Of one that
     * was received compressed, the transport does not say the other size yet.
     */
    boolean compressed() {
      return plain < 0 || wire < plain;
    }
  }

  /** Chooses for each message that will be sent, in order, whether to compress it. */
  CallWatch compressing(Boolean... choices) {
    compression.addAll(List.of(choices));
    return this;
  }

  /** Whether each message sent was compressed. */
  List<Boolean> sentCompressed() {
    synchronized (sent) {
      return sent.stream().map(Size::compressed).toList();
    }
  }

  /** Whether each message received was compressed. */
  List<Boolean> receivedCompressed() {
    synchronized (received) {
      return received.stream().map(Size::compressed).toList();
    }
  }

  /** Waits for the end of the call. */
  Status awaitEnd() throws Exception {
    return end.get(1, TimeUnit.MINUTES);
  }

  @Override
  public <Q, R> ClientCall<Q, R> interceptCall(
      MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
    ClientStreamTracer.Factory tracers =
        new ClientStreamTracer.Factory() {
          @Override
          public ClientStreamTracer newClientStreamTracer(
              ClientStreamTracer.StreamInfo info, Metadata headers) {
            return new Tracer();
          }
        };
    return new Watched<>(next.newCall(method, options.withStreamTracerFactory(tracers)));
  }

  private final class Tracer extends ClientStreamTracer {
    @Override
    public void outboundMessageSent(int number, long wire, long plain) {
      synchronized (sent) {
        sent.add(new Size(wire, plain));
      }
    }

    @Override
    public void inboundMessageRead(int number, long wire, long plain) {
      synchronized (received) {
        received.add(new Size(wire, plain));
      }
    }
  }

  private final class Watched<Q, R> extends ForwardingClientCall.SimpleForwardingClientCall<Q, R> {
    Watched(ClientCall<Q, R> call) {
      super(call);
    }

    @Override
    public void start(Listener<R> listener, Metadata headers) {
      super.start(
          new ForwardingClientCallListener.SimpleForwardingClientCallListener<>(listener) {
            @Override
            public void onClose(Status status, Metadata last) {
              super.onClose(status, last);
              end.complete(status);
            }
          },
          headers);
    }

    @Override
    public void sendMessage(Q message) {
      Boolean choice = compression.poll();
      if (choice != null) {
        setMessageCompression(choice);
      }
      super.sendMessage(message);
    }
  }
}
