package io.fairlead.internal.resolve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.fairlead.discovery.Endpoint;
import io.fairlead.discovery.InMemoryRegistry;
import io.fairlead.discovery.StaticRegistry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ChannelTargetTest {
  @Test
  void targetAndGivenRegistryMustAgree() {
    InMemoryRegistry registry = new InMemoryRegistry();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ChannelTarget.open("static://h:1/inventory", registry))
        .withMessageContaining("a registry was given too")
        .withMessageContaining("static:///inventory");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ChannelTarget.open("static:///inventory", null))
        .withMessageContaining("names no registry, and none was given");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ChannelTarget.open("localhost:50051", registry))
        .withMessageContaining("names a host, and a registry was given too");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ChannelTarget.open("dns:///localhost:50051", registry))
        .withMessageContaining("a registry was given too");
  }

  @Test
  void unknownRegistrySchemeIsNamed() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ChannelTarget.open("zookeeper://h:1/inventory", null))
        .withMessageContaining("\"zookeeper\"")
        .withMessageContaining("static");
  }

  @Test
  void aTargetWithoutAServiceIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ChannelTarget.open("static://h:1/", null))
        .withMessageContaining("names no service");
  }

  @ParameterizedTest
  @CsvSource({
    "etcd:/inventory, etcd://host:port/service",
    "etcd:inventory, etcd:///service",
    "static:/inventory, static:///service",
    "inventory-host, no port; write host:port",
    "dns:///inventory-host, no port; write host:port",
    "dns://8.8.8.8/inventory-host, no port; write host:port",
    "::1, IPv6 literal in brackets",
    "inventory-host:, no port; write host:port",
    "127.0.0.1:2379, etcd://127.0.0.1:2379/service",
    "http://127.0.0.1:2379, etcd://host:port/service",
    "https://inventory:443, write host:port",
    "http://inventory:80/inventory, write host:port"
  })
  void aTargetThatCannotBeMeantSaysWhatToWrite(String target, String wayOut) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ChannelTarget.open(target, null))
        .withMessageContaining("\"" + target + "\"")
        .withMessageContaining(wayOut);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "localhost:50051",
        "[::1]:50051",
        "dns:///localhost:50051",
        "dns:localhost:50051",
        "dns:///127.0.0.1:2379",
        "etcd:50051",
        "dns://8.8.8.8/localhost:50051"
      })
  void aTargetWithHostAndPortIsTaken(String target) {
    assertThat(ChannelTarget.open(target, null).grpcTarget()).isEqualTo(target);
  }

  @Test
  void grpcTargetsPassUnchanged() {
    assertThat(ChannelTarget.open("localhost:50051", null).grpcTarget())
        .isEqualTo("localhost:50051");
    assertThat(ChannelTarget.open("dns:///localhost:50051", null).grpcTarget())
        .isEqualTo("dns:///localhost:50051");
  }

  @Test
  void aUnixDomainSocketIsRefusedAtOnce() {
    for (String target : new String[] {"unix:///tmp/socket", "unix:socket"}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> ChannelTarget.open(target, null))
          .withMessageContaining(target)
          .withMessageContaining("write host:port");
    }
  }

  @Test
  void aGivenRegistryServesAnySchemeOfRegistries() {
    StaticRegistry registry = StaticRegistry.of("shop/inventory", Endpoint.of("a", "h", 1));
    ChannelTarget target = ChannelTarget.open("etcd:///shop/inventory", registry);
    assertThat(target.service()).isEqualTo("shop/inventory");
    assertThat(target.grpcTarget()).isEqualTo("fairlead:///shop%2Finventory");
  }
}
