package io.fairlead.contract;

import io.fairlead.Source;
import io.grpc.Channel;

/** The four call shapes for callers that block. Skeleton: the bodies follow. */
@SuppressWarnings("DoNotCallSuggester") // the bodies follow in the next commits
public final class ClientCalls {
  private final Channel channel;

  private ClientCalls(Channel channel) {
    this.channel = channel;
  }

  /** Calls over a channel, which stays the caller's. */
  public static ClientCalls over(Channel channel) {
    return new ClientCalls(channel);
  }

  public <Q, R> R unary(MethodContract<Q, R> method, Q request) {
    throw new UnsupportedOperationException("not yet: " + method + channel + request);
  }

  public <Q, R> Source<R> serverStreaming(MethodContract<Q, R> method, Q request) {
    throw new UnsupportedOperationException("not yet: " + method + channel + request);
  }

  public <Q, R> R clientStreaming(MethodContract<Q, R> method, Source<Q> requests) {
    throw new UnsupportedOperationException("not yet: " + method + channel + requests);
  }

  public <Q, R> Source<R> bidiStreaming(MethodContract<Q, R> method, Source<Q> requests) {
    throw new UnsupportedOperationException("not yet: " + method + channel + requests);
  }
}
