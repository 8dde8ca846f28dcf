package io.fairlead.registry.etcd;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ConnectivityState;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Counts the requests to etcd that have no answer yet, and what this side takes for open: time
 * stands still while etcd or the proxy know better.
 */
final class CountingConnector implements Connector {
  private final Connector delegate;
  private final AtomicInteger unanswered = new AtomicInteger();
  private final AtomicInteger streams = new AtomicInteger();
  private final Set<CountingChannel> channels = ConcurrentHashMap.newKeySet();

  CountingConnector(Connector delegate) {
    this.delegate = delegate;
  }

  int unanswered() {
    return unanswered.get();
  }

  /** How many channels are open. */
  int channels() {
    return channels.size();
  }

  /** How many channels have a connection, as far as this side knows. */
  int connections() {
    return (int)
        channels.stream()
            .filter(channel -> channel.getState(false) == ConnectivityState.READY)
            .count();
  }

  /** How many streams are open, as far as this side knows. */
  int streams() {
    return streams.get();
  }

  @Override
  public List<String> endpoints() {
    return delegate.endpoints();
  }

  @Override
  public ManagedChannel open(int endpoint) {
    CountingChannel channel = new CountingChannel(delegate.open(endpoint));
    channels.add(channel);
    return channel;
  }

  private final class CountingChannel extends ForwardingManagedChannel {
    CountingChannel(ManagedChannel channel) {
      super(channel);
    }

    @Override
    public <Q, R> ClientCall<Q, R> newCall(MethodDescriptor<Q, R> method, CallOptions options) {
      return new SimpleForwardingClientCall<>(super.newCall(method, options)) {
        @Override
        public void start(Listener<R> listener, Metadata headers) {
          boolean stream = method.getType() != MethodType.UNARY;
          unanswered.incrementAndGet();
          if (stream) {
            streams.incrementAndGet();
          }
          super.start(new CountingListener<>(listener, stream), headers);
        }
      };
    }

    @Override
    public ManagedChannel shutdown() {
      return shutdownNow();
    }

    @Override
    public ManagedChannel shutdownNow() {
      channels.remove(this);
      return super.shutdownNow();
    }
  }

  /** A stream counts as answered with its first message. */
  private final class CountingListener<R> extends SimpleForwardingClientCallListener<R> {
    private final boolean stream;
    private final AtomicBoolean answered = new AtomicBoolean();

    CountingListener(ClientCall.Listener<R> delegate, boolean stream) {
      super(delegate);
      this.stream = stream;
    }

    @Override
    public void onMessage(R message) {
      super.onMessage(message);
      answered();
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      super.onClose(status, trailers);
      if (stream) {
        streams.decrementAndGet();
      }
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
