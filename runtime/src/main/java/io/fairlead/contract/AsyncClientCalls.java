package io.fairlead.contract;

import io.grpc.Channel;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;

/** The four call shapes for callers that do not block. Skeleton: the bodies follow. */
@SuppressWarnings("DoNotCallSuggester") // the bodies follow in the next commits
public final class AsyncClientCalls {
  private final Channel channel;

  private AsyncClientCalls(Channel channel) {
    this.channel = channel;
  }

  /** Calls over a channel, which stays the caller's. */
  public static AsyncClientCalls over(Channel channel) {
    return new AsyncClientCalls(channel);
  }

  public <Q, R> CompletionStage<R> unary(MethodContract<Q, R> method, Q request) {
    throw new UnsupportedOperationException("not yet: " + method + channel + request);
  }

  public <Q, R> Flow.Publisher<R> serverStreaming(MethodContract<Q, R> method, Q request) {
    throw new UnsupportedOperationException("not yet: " + method + channel + request);
  }

  public <Q, R> CompletionStage<R> clientStreaming(
      MethodContract<Q, R> method, Flow.Publisher<Q> requests) {
    throw new UnsupportedOperationException("not yet: " + method + channel + requests);
  }

  public <Q, R> Flow.Publisher<R> bidiStreaming(
      MethodContract<Q, R> method, Flow.Publisher<Q> requests) {
    throw new UnsupportedOperationException("not yet: " + method + channel + requests);
  }
}
