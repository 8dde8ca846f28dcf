package io.fairlead.gateway.internal.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.gateway.internal.CorsRules;
import io.fairlead.gateway.internal.GatewayConfig;
import io.fairlead.gateway.internal.GatewayServices;
import io.fairlead.gateway.internal.proxy.ProxyConfig;
import io.fairlead.gateway.library.Library;
import io.fairlead.gateway.library.LibraryRpc;
import io.fairlead.lifecycle.ServerGateway;
import io.fairlead.testkit.ManualClock;
import io.grpc.Attributes;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCredentials;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServerStreamTracer;
import io.grpc.Status;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpResponseEncoder;
import java.io.ByteArrayInputStream;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Sends bytes to the whole gateway, from the decoder of HTTP/1.1 to a handler, without sockets and
 * in virtual time. Each connection ends with the questions whether it hangs, leaks, or fails.
 */
final class Http1Attacker {
  private static final String STATUS_LINE = "HTTP/1.1 ";

  private final HttpService service =
      GatewayServices.of(
          new GatewayConfig(
              new CorsRules(Set.of("https://shop.example"), Set.of()),
              Map.of(),
              false,
              "",
              "",
              new ProxyConfig(
                  List.of(), List.of(), channel -> channel, false, false, Duration.ofDays(1))),
          new LibraryPort());
  private final GatewayConnections connections = new GatewayConnections();
  private final UnpooledByteBufAllocator allocator =
      new UnpooledByteBufAllocator(false, true, false);

  /** Paths of the requests that the present connection has begun. */
  private final List<String> begun = new ArrayList<>();

  /**
   * What came of one connection.
   *
   * @param statuses of its responses, without 100
   * @param closed whether it was closed before time passed
   * @param begun paths of the requests that the gateway saw
   */
  record Answer(List<Integer> statuses, boolean closed, List<String> begun) {}

  /** Sends these parts on a connection of its own, and then nothing. */
  Answer send(List<byte[]> parts) {
    begun.clear();
    EmbeddedChannel channel = new EmbeddedChannel();
    channel.config().setAllocator(allocator);
    channel.freezeTime();
    Http1Connection connection =
        new Http1Connection(
            exchange -> {
              begun.add(exchange.request().path());
              return service.begin(exchange);
            },
            new ConnectionInfo(Attributes.EMPTY, false),
            ConnectionLimits.DEFAULT,
            connections);
    assertThat(connections.add(connection)).isTrue();
    channel
        .pipeline()
        .addLast(
            new StrictRequestDecoder(ConnectionLimits.DEFAULT),
            new HttpResponseEncoder(),
            connection);
    List<Integer> statuses = new ArrayList<>();
    for (byte[] part : parts) {
      if (!channel.isOpen()) {
        break;
      }
      channel.writeInbound(allocator.heapBuffer(Math.max(1, part.length)).writeBytes(part));
      channel.runPendingTasks();
      take(channel, statuses);
    }
    boolean closed = !channel.isOpen();
    // Half a head, half a body, and what was answered are waited for no longer than the limits say.
    for (int i = 0; i < 3 && channel.isOpen(); i++) {
      channel.advanceTimeBy(61, TimeUnit.SECONDS);
      channel.runScheduledPendingTasks();
      channel.runPendingTasks();
      take(channel, statuses);
    }
    assertThat(channel.isOpen()).as("a connection that hangs").isFalse();
    channel.checkException();
    take(channel, statuses);
    assertThat(connections.isEmpty()).as("the connection is forgotten").isTrue();
    assertThat(allocator.metric().usedHeapMemory() + allocator.metric().usedDirectMemory())
        .as("bytes that nobody released")
        .isZero();
    return new Answer(statuses, closed, List.copyOf(begun));
  }

  private static void take(EmbeddedChannel channel, List<Integer> statuses) {
    for (ByteBuf part = channel.readOutbound(); part != null; part = channel.readOutbound()) {
      String start =
          part.toString(
              part.readerIndex(), Math.min(12, part.readableBytes()), StandardCharsets.US_ASCII);
      if (start.startsWith(STATUS_LINE)) {
        int status = Integer.parseInt(start.substring(STATUS_LINE.length()));
        if (status != 100) {
          statuses.add(status);
        }
      }
      part.release();
    }
  }

  /** A server whose methods answer each request with an empty message. */
  private static final class LibraryPort implements ServerGateway.Port {
    private final ScheduledExecutorService timer = ManualClock.create().scheduler();

    @Override
    public ServerCredentials credentials() {
      throw new UnsupportedOperationException();
    }

    @Override
    public Server start(ServerCredentials credentials) {
      throw new UnsupportedOperationException();
    }

    @Override
    public List<ServerServiceDefinition> services() {
      Library unused =
          (Library)
              Proxy.newProxyInstance(
                  Library.class.getClassLoader(),
                  new Class<?>[] {Library.class},
                  (proxy, method, arguments) -> null);
      io.grpc.ServiceDescriptor descriptor = LibraryRpc.bind(unused).getServiceDescriptor();
      ServerServiceDefinition.Builder service = ServerServiceDefinition.builder(descriptor);
      descriptor.getMethods().forEach(method -> add(service, method));
      return List.of(service.build());
    }

    private static <Q, R> void add(
        ServerServiceDefinition.Builder service, MethodDescriptor<Q, R> method) {
      service.addMethod(method, (call, headers) -> new Answering<>(call, headers));
    }

    @Override
    public ServerServiceDefinition layered(ServerServiceDefinition service) {
      return service;
    }

    @Override
    public boolean authorizes() {
      return false;
    }

    @Override
    public Attributes attributes() {
      return Attributes.EMPTY;
    }

    @Override
    public List<ServerStreamTracer.Factory> tracers() {
      return List.of();
    }

    @Override
    public Executor handlers() {
      return Runnable::run;
    }

    @Override
    public ScheduledExecutorService timer() {
      return timer;
    }

    @Override
    public int maxRequestBytes() {
      return 64 << 10;
    }
  }

  private static final class Answering<Q, R> extends ServerCall.Listener<Q> {
    private final ServerCall<Q, R> call;

    Answering(ServerCall<Q, R> call, Metadata headers) {
      this.call = call;
      assertThat(headers).isNotNull();
      call.request(Integer.MAX_VALUE);
    }

    @Override
    public void onHalfClose() {
      call.sendHeaders(new Metadata());
      call.sendMessage(
          call.getMethodDescriptor().parseResponse(new ByteArrayInputStream(new byte[0])));
      call.close(Status.OK, new Metadata());
    }
  }
}
