package io.fairlead.client.internal;

import com.google.protobuf.StringValue;
import io.grpc.Attributes;
import io.grpc.ClientStreamTracer;
import io.grpc.Compressor;
import io.grpc.Deadline;
import io.grpc.DecompressorRegistry;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.internal.ClientStream;
import io.grpc.internal.ClientStreamListener;
import io.grpc.internal.ClientStreamListener.RpcProgress;
import io.grpc.internal.InsightBuilder;
import io.grpc.internal.StatsTraceContext;
import io.grpc.internal.StreamListener;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The client's end of one call over a {@link VirtualNetwork}. The server hears of the call when its
 * request is complete. Responses wait until they are asked for.
 */
final class VirtualStream implements ClientStream {
  private static final Metadata.Key<String> TIMEOUT =
      Metadata.Key.of("grpc-timeout", Metadata.ASCII_STRING_MARSHALLER);

  private final VirtualServer server;
  private final Attributes attributes;
  private final Metadata headers;
  private final StatsTraceContext tracers;
  private final Consumer<Runnable> network;
  private final Consumer<VirtualStream> onEnd;
  private final Queue<StringValue> responses = new ArrayDeque<>();
  private @Nullable ClientStreamListener listener;
  private VirtualServer.@Nullable Exchange exchange;
  private String request = "";
  private int sent;
  private int requested;
  private int delivered;
  private @Nullable Status received;
  private Metadata trailers = new Metadata();
  private boolean ended;

  VirtualStream(
      VirtualServer server,
      Attributes attributes,
      Metadata headers,
      ClientStreamTracer[] tracers,
      Consumer<Runnable> network,
      Consumer<VirtualStream> onEnd) {
    this.server = server;
    this.attributes = attributes;
    this.headers = headers;
    this.tracers = StatsTraceContext.newClientContext(tracers, attributes, headers);
    this.network = network;
    this.onEnd = onEnd;
  }

  private ClientStreamListener listener() {
    return Objects.requireNonNull(listener, "not started");
  }

  @Override
  public void start(ClientStreamListener newListener) {
    listener = newListener;
    tracers.clientOutboundHeaders();
    network.accept(
        () -> {
          if (!ended) {
            newListener.onReady();
          }
        });
  }

  @Override
  public void setDeadline(Deadline deadline) {
    headers.put(TIMEOUT, Math.max(0, deadline.timeRemaining(TimeUnit.MICROSECONDS)) + "u");
  }

  @Override
  public void writeMessage(InputStream message) {
    try (message) {
      request = StringValue.parseFrom(message).getValue();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    tracers.outboundMessage(sent);
    tracers.outboundMessageSent(sent++, -1, -1);
  }

  @Override
  public void halfClose() {
    network.accept(
        () -> {
          if (!ended) {
            VirtualServer.Exchange begun = new VirtualServer.Exchange(headers, request, this);
            exchange = begun;
            server.take(begun);
          }
        });
  }

  @Override
  public void cancel(Status reason) {
    network.accept(
        () -> {
          if (exchange != null) {
            exchange.cancelled = true;
          }
        });
    end(reason, new Metadata(), false);
  }

  @Override
  public void request(int messages) {
    requested += messages;
    network.accept(this::deliver);
  }

  void receiveHeaders(Metadata answer) {
    network.accept(
        () -> {
          if (!ended) {
            tracers.clientInboundHeaders(answer);
            listener().headersRead(answer);
          }
        });
  }

  void receiveMessage(StringValue message) {
    network.accept(
        () -> {
          responses.add(message);
          deliver();
        });
  }

  void receiveEnd(Status status, Metadata with) {
    network.accept(
        () -> {
          received = status;
          trailers = with;
          deliver();
        });
  }

  private void deliver() {
    while (!ended && requested > 0 && !responses.isEmpty()) {
      requested--;
      tracers.inboundMessage(delivered);
      tracers.inboundMessageRead(delivered++, -1, -1);
      listener().messagesAvailable(new One(responses.remove()));
    }
    if (received != null && responses.isEmpty()) {
      end(received, trailers, true);
    }
  }

  /** Ends it once; what comes later is lost. */
  void end(Status status, Metadata with, boolean fromServer) {
    if (ended) {
      return;
    }
    ended = true;
    if (fromServer) {
      tracers.clientInboundTrailers(with);
    }
    tracers.streamClosed(status);
    onEnd.accept(this);
    listener().closed(status, RpcProgress.PROCESSED, with);
  }

  /** Hands out one message. */
  private static final class One implements StreamListener.MessageProducer {
    private @Nullable StringValue left;

    One(StringValue message) {
      left = message;
    }

    @Override
    public @Nullable InputStream next() {
      StringValue message = left;
      left = null;
      return message == null ? null : new ByteArrayInputStream(message.toByteArray());
    }
  }

  @Override
  public boolean isReady() {
    return listener != null && !ended;
  }

  @Override
  public Attributes getAttributes() {
    return attributes;
  }

  @Override
  public void appendTimeoutInsight(InsightBuilder insight) {
    insight.append("virtual");
  }

  @Override
  public void setAuthority(String authority) {}

  @Override
  public void setFullStreamDecompression(boolean full) {}

  @Override
  public void setDecompressorRegistry(DecompressorRegistry registry) {}

  @Override
  public void setMaxInboundMessageSize(int bytes) {}

  @Override
  public void setMaxOutboundMessageSize(int bytes) {}

  @Override
  public void flush() {}

  @Override
  public void optimizeForDirectExecutor() {}

  @Override
  public void setCompressor(Compressor compressor) {}

  @Override
  public void setMessageCompression(boolean enabled) {}
}
