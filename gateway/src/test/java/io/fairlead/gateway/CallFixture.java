package io.fairlead.gateway;

import io.fairlead.gateway.internal.call.CallRuntime;
import io.fairlead.gateway.internal.call.CallWriter;
import io.fairlead.gateway.internal.call.GatewayCall;
import io.fairlead.gateway.internal.call.MessageEncoder;
import io.fairlead.gateway.internal.call.ServedMethod;
import io.fairlead.gateway.internal.http.ConnectionInfo;
import io.fairlead.gateway.internal.http.HttpExchange;
import io.fairlead.gateway.internal.http.RequestHead;
import io.fairlead.gateway.library.Line;
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
import io.netty.channel.ChannelFuture;
import io.netty.channel.EventLoop;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.concurrent.Future;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One call between a caller's messages and a handler, without a connection. */
public final class CallFixture {
  public final EmbeddedChannel channel = new EmbeddedChannel();

  /** What has happened, in order. */
  public final List<String> events = new ArrayList<>();

  /** The headers of the request. */
  public final HttpHeaders headers = new DefaultHttpHeaders();

  /** An exchange that only notes its end. */
  public class Exchange implements HttpExchange {
    @Override
    public RequestHead request() {
      return new RequestHead(
          "POST",
          "/gateway.v1.Library/Echo",
          "",
          headers,
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
  public class Writer implements CallWriter {
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

  public final class Listener extends ServerCall.Listener<Line> {
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

  /** Starts a call of a method that takes and gives streams of lines. */
  public GatewayCall<?, ?> start(CallWriter writer, ServerCallHandler<Line, Line> handler) {
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
        new CallRuntime(List.of(tracers), channel.eventLoop(), 1 << 20, ""));
  }
}
