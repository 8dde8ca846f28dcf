package io.fairlead.etcd.embedded;

import io.fairlead.etcd.embedded.api.ClusterGrpc;
import io.fairlead.etcd.embedded.api.Member;
import io.fairlead.etcd.embedded.api.MemberListRequest;
import io.fairlead.etcd.embedded.api.MemberListResponse;
import io.grpc.stub.StreamObserver;
import java.util.function.Supplier;

/** {@code etcdserverpb.Cluster}: one member, always. */
final class ClusterService extends ClusterGrpc.ClusterImplBase {
  private final EtcdStateMachine machine;
  private final Supplier<String> endpoint;

  ClusterService(EtcdStateMachine machine, Supplier<String> endpoint) {
    this.machine = machine;
    this.endpoint = endpoint;
  }

  @Override
  public void memberList(MemberListRequest request, StreamObserver<MemberListResponse> observer) {
    UnaryResponses.reply(
        observer,
        () ->
            MemberListResponse.newBuilder()
                .setHeader(machine.header())
                .addMembers(
                    Member.newBuilder()
                        .setID(ClusterIdentity.MEMBER_ID)
                        .setName(ClusterIdentity.NAME)
                        .addClientURLs(endpoint.get()))
                .build());
  }
}
