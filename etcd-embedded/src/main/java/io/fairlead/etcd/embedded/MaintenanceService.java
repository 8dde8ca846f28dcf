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
  private final EtcdCore core;

  MaintenanceService(EtcdCore core) {
    this.core = core;
  }

  @Override
  public void status(StatusRequest request, StreamObserver<StatusResponse> observer) {
    Replies.reply(
        observer,
        () -> {
          ResponseHeader header = core.header();
          // There is no log; the revision is what grows with each change.
          return StatusResponse.newBuilder()
              .setHeader(header)
              .setVersion(Identity.VERSION)
              .setLeader(Identity.MEMBER_ID)
              .setRaftTerm(Identity.RAFT_TERM)
              .setRaftIndex(header.getRevision())
              .setRaftAppliedIndex(header.getRevision())
              .build();
        });
  }

  @Override
  public void alarm(AlarmRequest request, StreamObserver<AlarmResponse> observer) {
    Replies.reply(
        observer,
        () -> {
          if (request.getAction() != AlarmAction.GET) {
            throw NotSupported.status("etcdserverpb.Maintenance/Alarm other than to list")
                .asRuntimeException();
          }
          return AlarmResponse.newBuilder().setHeader(core.header()).build();
        });
  }
}
