package io.fairlead.registry.etcd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.fairlead.client.RpcChannel;
import io.fairlead.etcd.embedded.EmbeddedEtcd;
import io.fairlead.server.RpcServer;
import java.net.URI;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class EtcdRegistryProviderTest {
  private final EtcdRegistryProvider provider = new EtcdRegistryProvider();

  /** The first endpoint is dead, the namespace and the layout are not the usual ones. */
  @Test
  void aTargetSaysAllThatAChannelNeeds() {
    try (EmbeddedEtcd etcd = EmbeddedEtcd.start();
        EtcdRegistry registry =
            EtcdRegistry.builder()
                .endpoints(etcd.endpoint())
                .namespace("team a/")
                .layout(KeyLayout.KRATOS)
                .connect();
        RpcServer server = Ping.server(registry, "a");
        RpcChannel channel =
            RpcChannel.to(
                    "etcd://127.0.0.1:1/shop?endpoint="
                        + etcd.address()
                        + "&namespace=team%20a/&layout=kratos&grace=5&tls=false")
                .build()) {
      assertThat(server.registration()).isPresent();
      assertThat(Ping.callWhenReady(channel)).succeedsWithin(java.time.Duration.ofMinutes(1));
      assertThat(etcd.get("team a//microservices/shop/a")).isPresent();
    }
  }

  /** A server says elsewhere what it serves. */
  @Test
  void aServerNamesTheRegistryAlone() {
    try (EmbeddedEtcd etcd = EmbeddedEtcd.start();
        RpcServer server =
            RpcServer.builder("shop")
                .id("a")
                .host("127.0.0.1")
                .allowLoopback()
                .registry("etcd://" + etcd.address())
                .service(Ping.service())
                .start()) {
      assertThat(server.registration()).isPresent();
      assertThat(etcd.get("shop/a")).isPresent();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "etcd:///shop, names no etcd; write etcd://host:2379/shop",
    "etcd:/h:2379/shop, lacks slashes; write etcd://host:2379/service",
    "etcd:h:2379, lacks slashes; write etcd://host:2379/service",
    "etcd://h:1/shop?tls=yes, has tls \"yes\"; it is true or false",
    "etcd://h:1/shop?layout=consul, 'layout \"consul\"; known are etcd_naming, kratos'",
    "etcd://h:1/shop?grace=5s, grace \"5s\"; it is a number of seconds",
    "etcd://h:1/shop?ttl=5, 'parameter \"ttl\"; known are endpoint, namespace'",
    "etcd://h:1/shop?grace=-1, grace",
    "etcd://h:1/shop?endpoint=http://x, etcd endpoint"
  })
  void mistakesInATargetAreNamed(String target, String message) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> provider.open(URI.create(target)))
        .withMessageContaining(message);
  }
}
