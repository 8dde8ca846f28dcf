package io.fairlead.client.internal;

import com.google.protobuf.StringValue;
import io.fairlead.contract.MethodContract;
import io.fairlead.policy.MethodPolicy;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.Grpc;
import io.grpc.InsecureServerCredentials;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ClientCalls;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A real server on loopback whose methods do what a test says, attempt by attempt. */
final class ScriptedServer implements AutoCloseable {
  static final String SERVICE = "test.Echo";

  /** What the server does with its n-th call; the first is 1. */
  interface Script {
    void answer(int number, Exchange exchange);
  }

  /** One call as the server sees it. */
  static final class Exchange {
    final Metadata headers;
    final String request;
    final String remote;
    private final ServerCall<StringValue, StringValue> call;
    volatile boolean cancelled;
    final CountDownLatch ended = new CountDownLatch(1);

    Exchange(Metadata headers, String request, ServerCall<StringValue, StringValue> call) {
      this.headers = headers;
      this.request = request;
      this.call = call;
      this.remote = String.valueOf(call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR));
    }

    void reply(String text) {
      reply(text, new Metadata(), new Metadata());
    }

    void reply(String text, Metadata responseHeaders, Metadata trailers) {
      call.sendHeaders(responseHeaders);
      call.sendMessage(StringValue.of(text));
      call.close(Status.OK, trailers);
    }

    /** Sends the headers of an answer, and nothing else yet. */
    void begin() {
      call.sendHeaders(new Metadata());
    }

    void fail(Status status) {
      fail(status, new Metadata());
    }

    void fail(Status status, Metadata trailers) {
      call.close(status, trailers);
    }

    @Nullable String header(String name) {
      return headers.get(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER));
    }
  }

  private final Server server;
  final List<Exchange> seen = new CopyOnWriteArrayList<>();

  private ScriptedServer(Script script, int port) throws IOException {
    MethodContract<StringValue, StringValue> say = say(MethodPolicy.empty(), true);
    ServerCallHandler<StringValue, StringValue> handler =
        (call, headers) -> {
          call.request(2);
          return new ServerCall.Listener<>() {
            private @Nullable Exchange exchange;
            private String text = "";

            @Override
            public void onMessage(StringValue message) {
              text = message.getValue();
            }

            @Override
            public void onHalfClose() {
              Exchange begun = new Exchange(headers, text, call);
              exchange = begun;
              int number;
              synchronized (seen) {
                seen.add(begun);
                number = seen.size();
              }
              script.answer(number, begun);
            }

            @Override
            public void onCancel() {
              if (exchange != null) {
                exchange.cancelled = true;
                exchange.ended.countDown();
              }
            }
          };
        };
    server =
        NettyServerBuilder.forAddress(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), port),
                InsecureServerCredentials.create())
            // As one that asks for keep-alive; on a busy machine several pings arrive at once.
            .permitKeepAliveTime(0, TimeUnit.NANOSECONDS)
            .permitKeepAliveWithoutCalls(true)
            .addService(
                ServerServiceDefinition.builder(SERVICE)
                    .addMethod(say.descriptor(), handler)
                    .addMethod(watch(MethodPolicy.empty()).descriptor(), handler)
                    .build())
            .build()
            .start();
  }

  static ScriptedServer start(Script script) throws IOException {
    return new ScriptedServer(script, 0);
  }

  static MethodContract<StringValue, StringValue> say(MethodPolicy policy, boolean idempotent) {
    MethodContract.Builder<StringValue, StringValue> builder =
        MethodContract.unary(
                SERVICE, "Say", StringValue.getDefaultInstance(), StringValue.getDefaultInstance())
            .policy(policy);
    return (idempotent ? builder.idempotent() : builder).build();
  }

  /** A stream of answers, of which the script gives one. */
  static MethodContract<StringValue, StringValue> watch(MethodPolicy policy) {
    return MethodContract.serverStreaming(
            SERVICE, "Watch", StringValue.getDefaultInstance(), StringValue.getDefaultInstance())
        .policy(policy)
        .idempotent()
        .build();
  }

  static String call(Channel channel, MethodContract<StringValue, StringValue> say, String text) {
    return ClientCalls.blockingUnaryCall(
            channel, say.descriptor(), CallOptions.DEFAULT, StringValue.of(text))
        .getValue();
  }

  int port() {
    return server.getPort();
  }

  String target() {
    return "127.0.0.1:" + port();
  }

  @Override
  public void close() {
    server.shutdownNow();
    try {
      server.awaitTermination(60, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
