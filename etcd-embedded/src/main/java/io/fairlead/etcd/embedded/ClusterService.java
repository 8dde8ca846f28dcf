package io.fairlead.etcd.embedded;

import io.fairlead.etcd.embedded.api.ClusterGrpc;
import io.fairlead.etcd.embedded.api.Member;
import io.fairlead.etcd.embedded.api.MemberListRequest;
import io.fairlead.etcd.embedded.api.MemberListResponse;
import io.grpc.stub.StreamObserver;
import java.util.function.Supplier;

/** {@code etcdserverpb.Cluster}: one member, always. */
final class ClusterService extends ClusterGrpc.ClusterImplBase {
  private final EtcdCore core;
  private final Supplier<String> endpoint;

  ClusterService(EtcdCore core, Supplier<String> endpoint) {
    this.core = core;
    this.endpoint = endpoint;
  }

  @Override
  public void memberList(MemberListRequest request, StreamObserver<MemberListResponse> observer) {
    Replies.reply(
        observer,
        () ->
            MemberListResponse.newBuilder()
                .setHeader(core.header())
                .addMembers(
                    Member.newBuilder()
                        .setID(Identity.MEMBER_ID)
                        .setName(Identity.NAME)
                        .addClientURLs(endpoint.get()))
                .build());
  }
}
