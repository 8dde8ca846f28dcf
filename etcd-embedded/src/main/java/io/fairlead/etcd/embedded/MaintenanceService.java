package io.fairlead.etcd.embedded;

import io.fairlead.etcd.embedded.api.AlarmRequest;
import io.fairlead.etcd.embedded.api.AlarmRequest.AlarmAction;
import io.fairlead.etcd.embedded.api.AlarmResponse;
import io.fairlead.etcd.embedded.api.MaintenanceGrpc;
import io.fairlead.etcd.embedded.api.ResponseHeader;
import io.fairlead.etcd.embedded.api.StatusRequest;
import io.fairlead.etcd.embedded.api.StatusResponse;
import io.grpc.stub.StreamObserver;

/** {@code etcdserverpb.Maintenance}: says how it is, and that no alarm was raised. */
final class MaintenanceService extends MaintenanceGrpc.MaintenanceImplBase {
  private final EtcdStateMachine machine;

  MaintenanceService(EtcdStateMachine machine) {
    this.machine = machine;
  }

  @Override
  public void status(StatusRequest request, StreamObserver<StatusResponse> observer) {
    UnaryResponses.reply(
        observer,
        () -> {
          ResponseHeader header = machine.header();
          // There is no log; the revision is what grows with each change.
          return StatusResponse.newBuilder()
              .setHeader(header)
              .setVersion(ClusterIdentity.VERSION)
              .setLeader(ClusterIdentity.MEMBER_ID)
              .setRaftTerm(ClusterIdentity.RAFT_TERM)
              .setRaftIndex(header.getRevision())
              .setRaftAppliedIndex(header.getRevision())
              .build();
        });
  }

  @Override
  public void alarm(AlarmRequest request, StreamObserver<AlarmResponse> observer) {
    UnaryResponses.reply(
        observer,
        () -> {
          if (request.getAction() != AlarmAction.GET) {
            throw UnimplementedFallback.status("etcdserverpb.Maintenance/Alarm other than to list")
                .asRuntimeException();
          }
          return AlarmResponse.newBuilder().setHeader(machine.header()).build();
        });
  }
}
