package io.fairlead.registry.etcd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fairlead.client.RpcChannel;
import io.fairlead.etcd.embedded.EmbeddedEtcd;
import io.fairlead.testkit.LogCapture;
import io.grpc.StatusRuntimeException;
import org.junit.jupiter.api.Test;

/** What a user reads after a mistake that is easily made. */
final class MessagesTest {
  /** Without its slash, the namespace runs into the service's name. */
  @Test
  void thePrefixThatIsReadIsShown() {
    try (EmbeddedEtcd etcd = EmbeddedEtcd.start();
        EtcdRegistry registry =
            EtcdRegistry.builder().endpoints(etcd.endpoint()).namespace("team-a").connect();
        RpcChannel channel = RpcChannel.to("etcd:///shop").registry(registry).build()) {
      assertThatThrownBy(() -> Ping.call(channel))
          .isInstanceOf(StatusRuntimeException.class)
          .hasMessageContaining("keys team-a<service>/<id>")
          .hasMessageContaining("shop has no endpoint");
    }
  }

  @Test
  void aRegistryThatIsClosedBeforeItsChannelIsNoBugOfGrpc() {
    try (EmbeddedEtcd etcd = EmbeddedEtcd.start();
        LogCapture grpc = LogCapture.of("io.grpc");
        LogCapture ours = LogCapture.of("io.fairlead")) {
      EtcdRegistry registry = EtcdRegistry.connect(etcd.endpoint());
      try (RpcChannel channel = RpcChannel.to("etcd:///closed").registry(registry).build()) {
        registry.close();
        assertThatThrownBy(() -> Ping.call(channel))
            .isInstanceOf(StatusRuntimeException.class)
            .hasMessageStartingWith("UNAVAILABLE: ")
            .hasMessageContaining(etcd.endpoint())
            .hasMessageContaining("is closed");
      }
      assertThat(grpc.with("anic")).isEmpty();
      assertThat(ours.with("service closed cannot be watched")).hasSize(1);
    }
  }
}
