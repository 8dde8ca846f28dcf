package io.fairlead.registry.etcd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fairlead.discovery.Address;
import io.fairlead.discovery.Endpoint;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

final class EndpointCodecTest {
  private static final Endpoint FULL =
      Endpoint.builder("a-1")
          .addresses(new Address("grpcs", "10.0.0.1", 50051), new Address("http", "::1", 80))
          .zone("eu-1")
          .weight(50)
          .version("1.2.3")
          .tags(Map.of("lane", "blue"))
          .startedAt(Instant.parse("2026-01-02T03:04:05Z"))
          .build();

  @Test
  void etcdNamingKeepsEverything() {
    EndpointCodec codec = EndpointCodec.of(KeyLayout.ETCD_NAMING, "ns/");
    assertThat(codec.key("shop", FULL)).isEqualTo("ns/shop/a-1");
    assertThat(codec.decode("shop", "a-1", codec.encode("shop", FULL))).isEqualTo(FULL);
    Endpoint draining = FULL.asDraining();
    assertThat(codec.decode("shop", "a-1", codec.encode("shop", draining))).isEqualTo(draining);
  }

  @Test
  void etcdNamingIsWhatStockGoReads() {
    assertThat(EndpointCodec.of(KeyLayout.ETCD_NAMING, "").encode("shop", FULL))
        .startsWith("{\"Op\":0,\"Addr\":\"10.0.0.1:50051\",\"Metadata\":null,\"fairlead\":{");
  }

  @Test
  void etcdNamingReadsWhatStockGoWrites() {
    EndpointCodec codec = EndpointCodec.of(KeyLayout.ETCD_NAMING, "");
    assertThat(codec.decode("s", "x", "{\"op\":0,\"addr\":\"h:1\",\"Metadata\":{\"a\":1}}"))
        .isEqualTo(Endpoint.of("x", "h", 1));
  }

  @Test
  void kratosKeepsWhatItCanSay() {
    EndpointCodec codec = EndpointCodec.of(KeyLayout.KRATOS, "");
    assertThat(codec.key("shop", FULL)).isEqualTo("/microservices/shop/a-1");
    String value = codec.encode("shop", FULL.asDraining());
    assertThat(value).contains("\"name\":\"shop\"", "\"grpc://10.0.0.1:50051?isSecure=true\"");
    Endpoint back = codec.decode("shop", "a-1", value);
    assertThat(back.addresses()).isEqualTo(FULL.addresses());
    assertThat(back.weight()).isEqualTo(50);
    assertThat(back.zone()).contains("eu-1");
    assertThat(back.tags()).isEqualTo(FULL.tags());
    assertThat(back.draining()).isTrue();
  }

  @Test
  void kitexScalesTheWeight() {
    EndpointCodec codec = EndpointCodec.of(KeyLayout.KITEX, "");
    assertThat(codec.key("shop", FULL)).isEqualTo("kitex/registry-etcd/shop/10.0.0.1:50051");
    String value = codec.encode("shop", FULL);
    assertThat(value).contains("\"network\":\"tcp\"", "\"weight\":5");
    assertThat(codec.decode("shop", "x", value).weight()).isEqualTo(50);
    assertThat(
            codec
                .decode(
                    "s",
                    "x",
                    "{\"network\":\"tcp\",\"address\":\"h:1\",\"weight\":0,\"tags\":null}")
                .weight())
        .isEqualTo(Endpoint.ORDINARY_WEIGHT);
  }

  @Test
  void goZeroIsTheBareAddress() {
    EndpointCodec codec = EndpointCodec.of(KeyLayout.GO_ZERO, "");
    assertThat(codec.key("shop.rpc", FULL)).isEqualTo("shop.rpc/a-1");
    assertThat(codec.encode("shop.rpc", FULL)).isEqualTo("10.0.0.1:50051");
    assertThat(codec.decode("shop.rpc", "7", "[::1]:80")).isEqualTo(Endpoint.of("7", "::1", 80));
    assertThat(codec.encodesDraining()).isFalse();
  }

  @ParameterizedTest
  @EnumSource(KeyLayout.class)
  void aServiceDoesNotSeeOneWithALongerName(KeyLayout keyLayout) {
    EndpointCodec codec = EndpointCodec.of(keyLayout, "");
    assertThat(codec.key("foo_other", FULL)).doesNotStartWith(codec.range("foo").start());
    assertThat(codec.key("foo", FULL)).startsWith(codec.range("foo").start());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "x",
        "{",
        "[]",
        "{}",
        "{\"Addr\":\"h\"}",
        "{\"Addr\":\"h:0\"}",
        "{\"Addr\":{}}",
        "{\"Addr\":\"h:1\",\"fairlead\":{\"weight\":\"many\"}}"
      })
  void whatSaysNoAddressIsMalformed(String value) {
    EndpointCodec codec = EndpointCodec.of(KeyLayout.ETCD_NAMING, "");
    assertThatThrownBy(() -> codec.decode("s", "x", value))
        .isInstanceOf(MalformedEntryException.class);
  }

  @Test
  void aSlashInTheRestOfAKeyBecomesPartOfTheId() {
    KeyRange range = EndpointCodec.of(KeyLayout.ETCD_NAMING, "").range("shop");
    assertThat(EndpointCodec.idOf(range, "shop/host/1%")).isEqualTo("host%2F1%25");
    assertThat(EndpointCodec.idOf(range, "shop/host%")).isEqualTo("host%");
  }
}
