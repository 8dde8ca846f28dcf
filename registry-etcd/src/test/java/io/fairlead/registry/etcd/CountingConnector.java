package io.fairlead.registry.etcd;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/** Knows how many questions to etcd have no answer yet, so that time stands still meanwhile. */
final class CountingConnector implements Connector {
  private final Connector delegate;
  private final AtomicInteger unanswered = new AtomicInteger();
  private final AtomicInteger channels = new AtomicInteger();

  CountingConnector(Connector delegate) {
    this.delegate = delegate;
  }

  int unanswered() {
    return unanswered.get();
  }

  /** How many channels are open. */
  int channels() {
    return channels.get();
  }

  @Override
  public List<String> endpoints() {
    return delegate.endpoints();
  }

  @Override
  public ManagedChannel open(int endpoint) {
    channels.incrementAndGet();
    return new CountingChannel(delegate.open(endpoint));
  }

  private final class CountingChannel extends ForwardingManagedChannel {
    private final AtomicBoolean shut = new AtomicBoolean();

    CountingChannel(ManagedChannel channel) {
      super(channel);
    }

    @Override
    public <Q, R> ClientCall<Q, R> newCall(MethodDescriptor<Q, R> method, CallOptions options) {
      return new SimpleForwardingClientCall<>(super.newCall(method, options)) {
        @Override
        public void start(Listener<R> listener, Metadata headers) {
          unanswered.incrementAndGet();
          super.start(new CountingListener<>(listener), headers);
        }
      };
    }

    @Override
    public ManagedChannel shutdown() {
      return shutdownNow();
    }

    @Override
    public ManagedChannel shutdownNow() {
      if (shut.compareAndSet(false, true)) {
        channels.decrementAndGet();
      }
      return super.shutdownNow();
    }
  }

  /** A stream counts as answered with its first message. */
  private final class CountingListener<R> extends SimpleForwardingClientCallListener<R> {
    private final AtomicBoolean answered = new AtomicBoolean();

    CountingListener(ClientCall.Listener<R> delegate) {
      super(delegate);
    }

    @Override
    public void onMessage(R message) {
      super.onMessage(message);
      answered();
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      super.onClose(status, trailers);
      answered();
    }

    /** After the news was handed on, so that zero means: all is on the loop. */
    private void answered() {
      if (answered.compareAndSet(false, true)) {
        unanswered.decrementAndGet();
      }
    }
  }
}
