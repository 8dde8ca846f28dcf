package io.fairlead.etcd.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.etcd.embedded.api.AlarmRequest;
import io.fairlead.etcd.embedded.api.AuthenticateRequest;
import io.fairlead.etcd.embedded.api.Member;
import io.fairlead.etcd.embedded.api.MemberListRequest;
import io.fairlead.etcd.embedded.api.StatusRequest;
import io.fairlead.etcd.embedded.api.StatusResponse;
import io.grpc.Status.Code;
import org.junit.jupiter.api.Test;

/** Members, status, and the refusal to authenticate. */
interface ClusterContract extends EtcdApiContract {
  /** What clients connect to. */
  String endpoint();

  @Test
  default void theOnlyMemberNamesItsEndpoint() {
    var response = client().cluster().memberList(MemberListRequest.getDefaultInstance());

    assertThat(response.getMembersCount()).isEqualTo(1);
    Member member = response.getMembers(0);
    assertThat(member.getClientURLsList()).containsExactly(endpoint());
    assertThat(member.getName()).isNotEmpty();
    assertThat(member.getID()).isEqualTo(response.getHeader().getMemberId());
    assertThat(member.getIsLearner()).isFalse();
  }

  @Test
  default void statusTellsVersionAndLeader() {
    long revision = client().put(key("a"), "1");
    StatusResponse status = client().maintenance().status(StatusRequest.getDefaultInstance());

    assertThat(status.getHeader().getRevision()).isEqualTo(revision);
    assertThat(status.getVersion()).matches("3\\.\\d+\\.\\d+.*");
    assertThat(status.getLeader()).isEqualTo(status.getHeader().getMemberId());
    assertThat(status.getErrorsList()).isEmpty();
  }

  @Test
  default void noAlarmIsRaised() {
    var response = client().maintenance().alarm(AlarmRequest.getDefaultInstance());

    assertThat(response.getAlarmsList()).isEmpty();
  }

  @Test
  default void authenticationIsNotEnabled() {
    assertRefused(
        () ->
            client()
                .auth()
                .authenticate(
                    AuthenticateRequest.newBuilder().setName("root").setPassword("x").build()),
        Code.FAILED_PRECONDITION,
        "etcdserver: authentication is not enabled");
  }
}
