package io.fairlead.etcd.embedded;

import io.fairlead.etcd.embedded.api.LeaseGrantRequest;
import io.fairlead.etcd.embedded.api.LeaseGrantResponse;
import io.fairlead.etcd.embedded.api.LeaseGrpc;
import io.fairlead.etcd.embedded.api.LeaseKeepAliveRequest;
import io.fairlead.etcd.embedded.api.LeaseKeepAliveResponse;
import io.fairlead.etcd.embedded.api.LeaseLeasesRequest;
import io.fairlead.etcd.embedded.api.LeaseLeasesResponse;
import io.fairlead.etcd.embedded.api.LeaseRevokeRequest;
import io.fairlead.etcd.embedded.api.LeaseRevokeResponse;
import io.fairlead.etcd.embedded.api.LeaseStatus;
import io.fairlead.etcd.embedded.api.LeaseTimeToLiveRequest;
import io.fairlead.etcd.embedded.api.LeaseTimeToLiveResponse;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;

/** {@code etcdserverpb.Lease}. */
final class LeaseService extends LeaseGrpc.LeaseImplBase {
  private final EtcdStateMachine machine;
  private final OpenStreams streams;

  LeaseService(EtcdStateMachine machine, OpenStreams streams) {
    this.machine = machine;
    this.streams = streams;
  }

  @Override
  public void leaseGrant(LeaseGrantRequest request, StreamObserver<LeaseGrantResponse> observer) {
    UnaryResponses.reply(observer, () -> machine.grant(request));
  }

  @Override
  public void leaseRevoke(
      LeaseRevokeRequest request, StreamObserver<LeaseRevokeResponse> observer) {
    UnaryResponses.reply(
        observer,
        () -> LeaseRevokeResponse.newBuilder().setHeader(machine.revoke(request.getID())).build());
  }

  @Override
  public void leaseTimeToLive(
      LeaseTimeToLiveRequest request, StreamObserver<LeaseTimeToLiveResponse> observer) {
    UnaryResponses.reply(observer, () -> machine.timeToLive(request));
  }

  @Override
  public void leaseLeases(
      LeaseLeasesRequest request, StreamObserver<LeaseLeasesResponse> observer) {
    UnaryResponses.reply(
        observer,
        () -> {
          LeaseLeasesResponse.Builder response = LeaseLeasesResponse.newBuilder();
          machine
              .leaseIds()
              .forEach(id -> response.addLeases(LeaseStatus.newBuilder().setID(id).build()));
          return response.setHeader(machine.header()).build();
        });
  }

  @Override
  public StreamObserver<LeaseKeepAliveRequest> leaseKeepAlive(
      StreamObserver<LeaseKeepAliveResponse> responses) {
    streams.add(responses);
    var client = (ServerCallStreamObserver<LeaseKeepAliveResponse>) responses;
    client.setOnCancelHandler(() -> streams.remove(responses));
    return new StreamObserver<>() {
      @Override
      public void onNext(LeaseKeepAliveRequest request) {
        streams.send(responses, machine.keepAlive(request.getID()));
      }

      @Override
      public void onError(Throwable gone) {
        streams.remove(responses);
      }

      @Override
      public void onCompleted() {
        streams.end(responses, Status.OK);
      }
    };
  }
}
