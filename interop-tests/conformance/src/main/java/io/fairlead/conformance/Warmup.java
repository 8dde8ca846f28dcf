package io.fairlead.conformance;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import connectrpc.conformance.v1.ClientCompat.ClientCompatRequest;
import connectrpc.conformance.v1.ConfigOuterClass.StreamType;
import connectrpc.conformance.v1.ConformanceServiceRpc;
import connectrpc.conformance.v1.Service.BidiStreamRequest;
import connectrpc.conformance.v1.Service.ClientStreamRequest;
import connectrpc.conformance.v1.Service.ServerStreamRequest;
import connectrpc.conformance.v1.Service.UnaryRequest;
import io.fairlead.server.RpcServer;
import java.io.IOException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;

/**
 * The first calls of a JVM take a second or more on a busy machine, and some cases count a part of
 * one. So each program first makes a call of each shape to itself.
 */
final class Warmup {
  private static final String HOST = "127.0.0.1";

  private Warmup() {}

  /** Calls a server of this JVM, in plain text. */
  static void server(int port) throws IOException {
    callAll(new BlockingCalls(new Channels()), port);
  }

  /** Calls with a client of this JVM. */
  static void client(ConformanceClient.Calls calls) throws IOException {
    try (RpcServer server =
        RpcServer.builder(ConformanceServiceRpc.SERVICE_NAME)
            .host(HOST)
            .service(ConformanceServiceRpc.bind(new BlockingService()))
            .start()) {
      callAll(calls, server.port());
    }
  }

  private static void callAll(ConformanceClient.Calls calls, int port) throws IOException {
    ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
    StreamType halfDuplex = StreamType.STREAM_TYPE_HALF_DUPLEX_BIDI_STREAM;
    call(
        calls,
        port,
        timer,
        "Unary",
        StreamType.STREAM_TYPE_UNARY,
        UnaryRequest.getDefaultInstance());
    call(
        calls,
        port,
        timer,
        "ClientStream",
        StreamType.STREAM_TYPE_CLIENT_STREAM,
        ClientStreamRequest.getDefaultInstance());
    call(
        calls,
        port,
        timer,
        "ServerStream",
        StreamType.STREAM_TYPE_SERVER_STREAM,
        ServerStreamRequest.getDefaultInstance());
    call(calls, port, timer, "BidiStream", halfDuplex, BidiStreamRequest.getDefaultInstance());
    timer.shutdown();
  }

  private static void call(
      ConformanceClient.Calls calls,
      int port,
      ScheduledExecutorService timer,
      String method,
      StreamType type,
      Message request)
      throws IOException {
    ClientCompatRequest wanted =
        ClientCompatRequest.newBuilder()
            .setHost(HOST)
            .setPort(port)
            .setMethod(method)
            .setStreamType(type)
            .addRequestMessages(Any.pack(request))
            .build();
    var unused = new Script(wanted, calls.open(wanted), timer).run();
  }
}
