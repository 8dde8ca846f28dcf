package io.fairlead.etcd.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.google.protobuf.Empty;
import io.grpc.CallOptions;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.ClientCalls;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What an etcd can do and the embedded one cannot is refused by name. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class UnimplementedFallbackTest {
  private EmbeddedEtcd etcd;
  private EtcdClient client;

  @BeforeAll
  void start() {
    etcd = EmbeddedEtcd.start();
    client = new EtcdClient(etcd.address());
  }

  @AfterAll
  void stop() {
    client.close();
    etcd.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "etcdserverpb.Auth/AuthEnable",
        "etcdserverpb.Auth/UserAdd",
        "etcdserverpb.Auth/RoleGrantPermission",
        "etcdserverpb.Cluster/MemberAdd",
        "etcdserverpb.Cluster/MemberRemove",
        "etcdserverpb.Maintenance/Snapshot",
        "etcdserverpb.Maintenance/Defragment",
        "etcdserverpb.Maintenance/HashKV",
        "etcdserverpb.Maintenance/MoveLeader",
        "v3lockpb.Lock/Lock",
        "v3electionpb.Election/Campaign",
        "no.such.Service/Method"
      })
  void unsupportedCallIsNamed(String name) {
    MethodDescriptor<Empty, Empty> method =
        MethodDescriptor.<Empty, Empty>newBuilder()
            .setType(MethodType.UNARY)
            .setFullMethodName(name)
            .setRequestMarshaller(ProtoUtils.marshaller(Empty.getDefaultInstance()))
            .setResponseMarshaller(ProtoUtils.marshaller(Empty.getDefaultInstance()))
            .build();

    Throwable thrown =
        catchThrowable(
            () ->
                ClientCalls.blockingUnaryCall(
                    client.channel(), method, CallOptions.DEFAULT, Empty.getDefaultInstance()));

    assertThat(thrown).isInstanceOf(StatusRuntimeException.class);
    Status status = ((StatusRuntimeException) thrown).getStatus();
    assertThat(status.getCode()).isEqualTo(Status.Code.UNIMPLEMENTED);
    assertThat(status.getDescription())
        .contains(name, "for development, one process, memory only")
        .contains("use a real etcd for this");
  }
}
