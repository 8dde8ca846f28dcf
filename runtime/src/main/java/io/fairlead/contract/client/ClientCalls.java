package io.fairlead.contract.client;

import io.fairlead.RpcException;
import io.fairlead.Source;
import io.fairlead.contract.MethodContract;
import io.fairlead.contract.internal.stream.InboundSource;
import io.fairlead.contract.internal.stream.MessagePump;
import io.fairlead.internal.executor.EventLoops;
import io.fairlead.internal.executor.HandlerExecutor;
import io.fairlead.observe.StatusOrigin;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.concurrent.RejectedExecutionException;

/**
 * The four call shapes for callers that block. Used by generated clients; safe for use by several
 * threads, of which none may be an event loop.
 */
public final class ClientCalls {
  private final GeneratedCallStarter starter;

  private ClientCalls(Channel channel) {
    this.starter = new GeneratedCallStarter(channel);
  }

  /** Calls over a channel, which stays the caller's. */
  public static ClientCalls over(Channel channel) {
    return new ClientCalls(channel);
  }

  /** Calls a method with one request and one response. */
  public <Q, R> R unary(MethodContract<Q, R> method, Q request) {
    EventLoops.checkMayBlock(method.fullName());
    GeneratedCallStarter.checkRequest(method, request);
    ClientCall<Q, R> call = starter.newCall(method);
    BlockingResponseListener<R> response = new BlockingResponseListener<>(call, method.fullName());
    call.start(response, new Metadata());
    // Two, so that a second response is seen and refused.
    call.request(2);
    send(call, request);
    return response.await();
  }

  /** Calls a method with a stream of responses. */
  public <Q, R> Source<R> serverStreaming(MethodContract<Q, R> method, Q request) {
    EventLoops.checkMayBlock(method.fullName());
    GeneratedCallStarter.checkRequest(method, request);
    ClientCall<Q, R> call = starter.newCall(method);
    StreamingResponseListener<R> responses =
        new StreamingResponseListener<>(call, method.fullName());
    call.start(responses, new Metadata());
    responses.inbox().open();
    send(call, request);
    return InboundSource.watched(responses.inbox());
  }

  /** Calls a method with a stream of requests and one response. */
  public <Q, R> R clientStreaming(MethodContract<Q, R> method, Source<Q> requests) {
    EventLoops.checkMayBlock(method.fullName());
    ClientCall<Q, R> call = starter.newCall(method);
    BlockingResponseListener<R> response = new BlockingResponseListener<>(call, method.fullName());
    MessagePump messagePump = pump(call, method, requests);
    response.pump(messagePump);
    call.start(response, new Metadata());
    call.request(2);
    start(messagePump, call, method);
    return response.await();
  }

  /** Calls a method with a stream in each direction. */
  public <Q, R> Source<R> bidiStreaming(MethodContract<Q, R> method, Source<Q> requests) {
    EventLoops.checkMayBlock(method.fullName());
    ClientCall<Q, R> call = starter.newCall(method);
    StreamingResponseListener<R> responses =
        new StreamingResponseListener<>(call, method.fullName());
    MessagePump messagePump = pump(call, method, requests);
    responses.pump(messagePump);
    call.start(responses, new Metadata());
    responses.inbox().open();
    start(messagePump, call, method);
    return InboundSource.watched(responses.inbox());
  }

  /** Sends the only request; a failure here cancels the call, as nobody will read its response. */
  private static <Q> void send(ClientCall<Q, ?> call, Q request) {
    try {
      call.sendMessage(request);
      call.halfClose();
    } catch (RuntimeException | Error e) {
      // Nobody will read the answer: leave nothing open.
      call.cancel("the request could not be sent", e);
      throw e;
    }
  }

  private static <Q> MessagePump pump(
      ClientCall<Q, ?> call, MethodContract<Q, ?> method, Source<Q> requests) {
    String name = method.fullName();
    return MessagePump.of(requests, new RequestSink<>(call, name), name, HandlerExecutor.shared());
  }

  /** Starts the pump of the requests; without a thread for it the call is given up. */
  private static void start(
      MessagePump messagePump, ClientCall<?, ?> call, MethodContract<?, ?> method) {
    try {
      messagePump.start();
    } catch (RejectedExecutionException e) {
      call.cancel("no thread for the requests", e);
      throw RpcException.of(
          method.fullName(),
          Status.RESOURCE_EXHAUSTED
              .withDescription("no thread for the requests: " + e.getMessage())
              .withCause(e),
          null,
          StatusOrigin.LOCAL);
    }
  }

  @Override
  public String toString() {
    return "ClientCalls over " + starter;
  }
}
