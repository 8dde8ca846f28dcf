package io.fairlead.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.gateway.internal.call.CallRuntime;
import io.fairlead.gateway.internal.call.CallWriter;
import io.fairlead.gateway.internal.call.EnvelopeReader;
import io.fairlead.gateway.internal.call.GatewayCall;
import io.fairlead.gateway.internal.call.MessageEncoder;
import io.fairlead.gateway.internal.call.ServedMethod;
import io.fairlead.gateway.internal.http.ConnectionInfo;
import io.fairlead.gateway.internal.http.HttpExchange;
import io.fairlead.gateway.internal.http.RequestHead;
import io.fairlead.gateway.library.Line;
import io.fairlead.testkit.FrameConnection;
import io.grpc.Attributes;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerStreamTracer;
import io.grpc.Status;
import io.grpc.protobuf.ProtoUtils;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.EventLoop;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.concurrent.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** One call between a caller's messages and a handler, without a connection. */
class GatewayCallTest {
  private final EmbeddedChannel channel = new EmbeddedChannel();
  private final List<String> events = new ArrayList<>();

  /** An exchange that only notes its end. */
  private final class Exchange implements HttpExchange {
    @Override
    public RequestHead request() {
      return new RequestHead(
          "POST",
          "/gateway.v1.Library/Echo",
          "",
          new DefaultHttpHeaders(),
          "",
          new ConnectionInfo(Attributes.EMPTY, true));
    }

    @Override
    public EventLoop loop() {
      return channel.eventLoop();
    }

    @Override
    public void readBody(boolean wanted) {}

    @Override
    public void respond(int status, HttpHeaders headers, ByteBuf body) {}

    @Override
    public void begin(int status, HttpHeaders headers) {}

    @Override
    public ChannelFuture write(ByteBuf data) {
      return channel.newSucceededFuture();
    }

    @Override
    public void end(@Nullable HttpHeaders trailers) {}

    @Override
    public void abort() {
      events.add("aborted");
    }
  }

  /** A writer that notes what it is told. */
  private class Writer implements CallWriter {
    @Override
    public void headers(Metadata headers) {
      events.add("headers");
    }

    @Override
    public Future<?> message(byte[] encoded) {
      events.add("message");
      return channel.newSucceededFuture();
    }

    @Override
    public void close(Status status, Metadata trailers) {
      events.add("closed " + status.getCode());
    }
  }

  private final ServerStreamTracer tracer =
      new ServerStreamTracer() {
        @Override
        public void streamClosed(Status status) {
          events.add("traced " + status.getCode());
        }

        @Override
        public void outboundWireSize(long bytes) {
          events.add("wire " + bytes);
        }
      };

  private final class Listener extends ServerCall.Listener<Line> {
    @Override
    public void onMessage(Line line) {
      events.add("got " + line.getText());
    }

    @Override
    public void onCancel() {
      events.add("cancelled");
    }

    @Override
    public void onComplete() {
      events.add("complete");
    }
  }

  private GatewayCall<?, ?> start(CallWriter writer, ServerCallHandler<Line, Line> handler) {
    MethodDescriptor<Line, Line> echo =
        MethodDescriptor.<Line, Line>newBuilder()
            .setFullMethodName("gateway.v1.Library/Echo")
            .setType(MethodDescriptor.MethodType.BIDI_STREAMING)
            .setRequestMarshaller(ProtoUtils.marshaller(Line.getDefaultInstance()))
            .setResponseMarshaller(ProtoUtils.marshaller(Line.getDefaultInstance()))
            .build();
    ServedMethod method =
        new ServedMethod(
            ServerMethodDefinition.create(echo, handler),
            Line.getDescriptor().getFile().findServiceByName("Library").findMethodByName("Echo"));
    ServerStreamTracer.Factory tracers =
        new ServerStreamTracer.Factory() {
          @Override
          public ServerStreamTracer newServerStreamTracer(String name, Metadata headers) {
            return tracer;
          }
        };
    return GatewayCall.start(
        method,
        new Exchange(),
        writer,
        MessageEncoder.PROTO,
        new Metadata(),
        null,
        new CallRuntime(List.of(tracers), channel.eventLoop(), 1 << 20));
  }

  @Test
  void aResponseThatCannotBeWrittenEndsTheCallForEverybody() {
    Writer broken =
        new Writer() {
          @Override
          public void close(Status status, Metadata trailers) {
            throw new IllegalArgumentException("a header that HTTP forbids");
          }
        };
    start(
        broken,
        (call, headers) -> {
          call.close(Status.NOT_FOUND, new Metadata());
          return new Listener();
        });
    assertThat(events).containsExactly("aborted", "traced INTERNAL", "cancelled");
  }

  @Test
  void aRefusalThatCannotBeWrittenEndsTheCallForEverybody() {
    Writer broken =
        new Writer() {
          @Override
          public void close(Status status, Metadata trailers) {
            throw new IllegalArgumentException("a header that HTTP forbids");
          }
        };
    GatewayCall<?, ?> call = start(broken, (given, headers) -> new Listener());
    call.fail(Status.INVALID_ARGUMENT);
    assertThat(events).containsExactly("aborted", "traced INVALID_ARGUMENT", "cancelled");
  }

  @Test
  void requestsAreDecodedWhenTheHandlerAsksForThem() {
    AtomicInteger decoded = new AtomicInteger();
    List<ServerCall<Line, Line>> server = new ArrayList<>();
    GatewayCall<?, ?> call =
        start(
            new Writer(),
            (given, headers) -> {
              server.add(given);
              given.request(1);
              return new Listener();
            });
    EnvelopeReader reader =
        new EnvelopeReader(
            call,
            1 << 20,
            true,
            message -> {
              decoded.incrementAndGet();
              return message;
            });
    ByteBuf body = Unpooled.buffer();
    for (String text : List.of("a", "b", "c")) {
      byte[] line = Line.newBuilder().setText(text).build().toByteArray();
      body.writeBytes(FrameConnection.message(false, line));
    }
    // The last one is not gzip, which shows only when it is opened.
    body.writeBytes(FrameConnection.message(true, new byte[] {1, 2, 3}));
    reader.data(body);
    assertThat(decoded).hasValue(1);
    server.get(0).request(1);
    assertThat(decoded).hasValue(2);
    assertThat(events).containsExactly("got a", "got b");
    server.get(0).request(2);
    assertThat(events)
        .containsExactly(
            "got a",
            "got b",
            "got c",
            "closed INVALID_ARGUMENT",
            "traced INVALID_ARGUMENT",
            "cancelled");
  }

  @Test
  void aResponseIsCompressedByTheThreadThatSendsIt() {
    Writer packing =
        new Writer() {
          @Override
          public byte[] pack(byte[] encoded) {
            events.add("packed");
            return new byte[] {1};
          }
        };
    start(
        packing,
        (call, headers) -> {
          call.sendHeaders(new Metadata());
          call.sendMessage(Line.newBuilder().setText("a").build());
          // The loop writes nothing before this has returned.
          assertThat(events).containsExactly("packed");
          return new Listener();
        });
    assertThat(events).containsExactly("packed", "headers", "wire 1", "message");
  }
}
