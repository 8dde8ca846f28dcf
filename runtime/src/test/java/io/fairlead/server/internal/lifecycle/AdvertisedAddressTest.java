package io.fairlead.server.internal.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fairlead.server.internal.lifecycle.AdvertisedAddress.Choice;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AdvertisedAddressTest {
  private static final int BOUND = 50051;

  @Test
  void theEnvironmentWinsOverTheCode() {
    assertThat(decide("10.0.0.5", "api.example:443", "10.9.9.9:8443", true))
        .isEqualTo(new Choice("10.9.9.9", 8443, "from FAIRLEAD_ADVERTISE"));
  }

  @Test
  void theCodeWinsOverTheAddressThatItListensOn() {
    assertThat(decide("10.0.0.5", "api.example:443", " ", true))
        .isEqualTo(new Choice("api.example", 443, "from advertise(...)"));
  }

  @Test
  void listenAddressIsTheThirdChoice() {
    assertThat(decide("10.0.0.5", null, null, true))
        .isEqualTo(new Choice("10.0.0.5", BOUND, "chosen: the address it listens on"));
  }

  @ParameterizedTest
  @CsvSource({"0.0.0.0", "::", ","})
  void onAllAddressesTheMachinesOwnIsChosen(@Nullable String host) {
    assertThat(decide(host, null, null, true))
        .isEqualTo(new Choice("192.168.1.7", BOUND, "chosen: this machine's address"));
  }

  @Test
  void aRegistryOfThisMachineNeedsNoAddressOfTheMachine() {
    assertThat(decide(null, null, null, false).host()).isEqualTo("127.0.0.1");
  }

  @ParameterizedTest
  @CsvSource({
    "example.org, example.org, 50051",
    "example.org:0, example.org, 50051",
    "example.org:7, example.org, 7",
    "[2001:db8::1]:7, 2001:db8::1, 7",
    "[2001:db8::1], 2001:db8::1, 50051",
    "2001:db8::1, 2001:db8::1, 50051",
  })
  void readsHostAndPort(String text, String host, int port) {
    Choice choice = decide(null, text, null, true);
    assertThat(choice.host()).isEqualTo(host);
    assertThat(choice.port()).isEqualTo(port);
  }

  @ParameterizedTest
  @CsvSource({"example.org:http", "example.org:70000", "example.org:-1"})
  void invalidPortNamesTheWayOut(String text) {
    assertThatThrownBy(() -> decide(null, text, null, true))
        .hasMessageStartingWith(
            "the advertised address \"" + text + "\" from advertise(...) is not host:port")
        .hasMessageContaining("leave the port out for the one it listens on");
  }

  @ParameterizedTest
  @ValueSource(strings = {"http://x:80/", "a b:1", "x/y:1", "user@x:1", "x y"})
  void whatNoClientCanDialIsNotRegistered(String text) {
    assertThatThrownBy(() -> decide(null, text, null, true))
        .hasMessageStartingWith(
            "the advertised address \"" + text + "\" from advertise(...) is not host:port")
        .hasMessageContaining("without scheme, brackets, path and spaces");
  }

  @Test
  void anAddressWithoutAHostNamesWhereItCameFrom() {
    assertThatThrownBy(() -> decide(null, null, ":7", true))
        .hasMessageStartingWith(
            "the advertised address \":7\" from FAIRLEAD_ADVERTISE is not host:port");
  }

  @Test
  void loopbackIsOfNoUseToOtherHosts() {
    assertThatThrownBy(() -> decide("127.0.0.1", null, null, true))
        .hasMessageContaining("is loopback, which clients on other hosts of this registry cannot")
        .hasMessageContaining("advertise(\"host:port\") or set FAIRLEAD_ADVERTISE")
        .hasMessageContaining("allowLoopback()");
  }

  private static Choice decide(
      @Nullable String host,
      @Nullable String advertised,
      @Nullable String environment,
      boolean acrossHosts) {
    return AdvertisedAddress.decide(
        new ListenSettings(host, 0, advertised, false, null, null),
        BOUND,
        environment,
        acrossHosts,
        () -> "192.168.1.7");
  }
}
