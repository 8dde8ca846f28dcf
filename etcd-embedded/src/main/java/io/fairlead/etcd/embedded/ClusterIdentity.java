package io.fairlead.etcd.embedded;

import io.fairlead.etcd.embedded.api.ResponseHeader;

/**
 * Who answers. Like those of a real etcd that is started again with an empty data directory, the
 * ids outlive the data.
 */
final class ClusterIdentity {
  static final String NAME = "fairlead-embedded-etcd";

  /** Of the etcd whose behaviour this one has, with a suffix that nobody can take for it. */
  static final String VERSION = "3.6.0-fairlead-embedded";

  static final long CLUSTER_ID = 0x0fa1_71ea_de7c_d001L;
  static final long MEMBER_ID = 0x0fa1_71ea_de7c_d002L;
  static final long RAFT_TERM = 2;

  private ClusterIdentity() {}

  static ResponseHeader header(long revision) {
    return ResponseHeader.newBuilder()
        .setClusterId(CLUSTER_ID)
        .setMemberId(MEMBER_ID)
        .setRevision(revision)
        .setRaftTerm(RAFT_TERM)
        .build();
  }
}
