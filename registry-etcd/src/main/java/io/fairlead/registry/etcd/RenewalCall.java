package io.fairlead.registry.etcd;

import io.etcd.jetcd.api.LeaseGrpc;
import io.etcd.jetcd.api.LeaseKeepAliveRequest;
import io.etcd.jetcd.api.LeaseKeepAliveResponse;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.concurrent.CompletableFuture;

/**
 * Renews a lease once, on a stream of its own: a stream that lives for one question cannot go
 * silent unnoticed.
 */
final class RenewalCall extends ClientCall.Listener<LeaseKeepAliveResponse> {
  private final CompletableFuture<Long> secondsLeft = new CompletableFuture<>();

  private RenewalCall() {}

  static CompletableFuture<Long> start(Channel channel, long lease) {
    ClientCall<LeaseKeepAliveRequest, LeaseKeepAliveResponse> call =
        channel.newCall(LeaseGrpc.getLeaseKeepAliveMethod(), CallOptions.DEFAULT);
    RenewalCall listener = new RenewalCall();
    call.start(listener, new Metadata());
    call.request(2);
    call.sendMessage(LeaseKeepAliveRequest.newBuilder().setID(lease).build());
    call.halfClose();
    return listener.secondsLeft;
  }

  @Override
  public void onMessage(LeaseKeepAliveResponse answer) {
    secondsLeft.complete(answer.getTTL());
  }

  @Override
  public void onClose(Status status, Metadata trailers) {
    Status why =
        status.isOk()
            ? Status.UNAVAILABLE.withDescription("the server ended the renewal with no answer")
            : status;
    secondsLeft.completeExceptionally(why.asRuntimeException());
  }
}
