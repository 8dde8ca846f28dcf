package io.fairlead.contract.client;

import io.fairlead.contract.MethodContract;
import io.fairlead.contract.client.ResponsePublisher.Many;
import io.fairlead.contract.client.ResponsePublisher.One;
import io.fairlead.contract.internal.stream.PublisherPump;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;

/**
 * The four call shapes for callers that do not block. Used by generated clients; safe for use by
 * several threads.
 *
 * <p>Stages complete, and subscribers are called, on the event loop. A stage is a {@link
 * java.util.concurrent.CompletableFuture} whose {@code cancel} cancels the call. A publisher is
 * cold and takes one subscriber.
 */
public final class AsyncClientCalls {
  private final GeneratedCallStarter starter;

  private AsyncClientCalls(Channel channel) {
    this.starter = new GeneratedCallStarter(channel);
  }

  /** Calls over a channel, which stays the caller's. */
  public static AsyncClientCalls over(Channel channel) {
    return new AsyncClientCalls(channel);
  }

  /** Calls a method with one request and one response. */
  public <Q, R> CompletionStage<R> unary(MethodContract<Q, R> method, Q request) {
    GeneratedCallStarter.checkRequest(method, request);
    ClientCall<Q, R> call = starter.newCall(method);
    FutureResponseListener<R> response = new FutureResponseListener<>(call, method.fullName());
    call.start(response, new Metadata());
    // Two, so that a second response is seen and refused.
    call.request(2);
    try {
      call.sendMessage(request);
      call.halfClose();
    } catch (RuntimeException | Error e) {
      call.cancel("the request could not be sent", e);
    }
    return response.future();
  }

  /** Calls a method with a stream of responses. The call starts on subscribe. */
  public <Q, R> Flow.Publisher<R> serverStreaming(MethodContract<Q, R> method, Q request) {
    GeneratedCallStarter.checkRequest(method, request);
    return new ResponsePublisher<>(starter, method, new One<>(request)).publisher();
  }

  /** Calls a method with a stream of requests and one response. The call starts at once. */
  public <Q, R> CompletionStage<R> clientStreaming(
      MethodContract<Q, R> method, Flow.Publisher<Q> requests) {
    Objects.requireNonNull(requests, "requests");
    ClientCall<Q, R> call = starter.newCall(method);
    FutureResponseListener<R> response = new FutureResponseListener<>(call, method.fullName());
    PublisherPump<Q> pump =
        new PublisherPump<>(
            requests, new RequestSink<>(call, method.fullName()), method.fullName());
    response.pump(pump);
    call.start(response, new Metadata());
    call.request(2);
    try {
      pump.start();
    } catch (RuntimeException | Error e) {
      call.cancel("the publisher of the requests failed", e);
    }
    return response.future();
  }

  /** Calls a method with a stream in each direction. The call starts on subscribe. */
  public <Q, R> Flow.Publisher<R> bidiStreaming(
      MethodContract<Q, R> method, Flow.Publisher<Q> requests) {
    Objects.requireNonNull(requests, "requests");
    return new ResponsePublisher<>(starter, method, new Many<>(requests)).publisher();
  }

  @Override
  public String toString() {
    return "AsyncClientCalls over " + starter;
  }
}
