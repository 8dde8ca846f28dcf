package io.fairlead.registry.etcd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fairlead.policy.MethodPolicy;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class PolicyProcessTest {
  private static final PolicyTarget ALL = PolicyTarget.of("test.Ping");

  private static boolean isMeant(PolicyTarget target, String id) {
    return isMeant(target, new PolicyProcess(id, "till", "north", "1.4.0"));
  }

  private static boolean isMeant(PolicyTarget target, PolicyProcess process) {
    return process.isMeant(
        new PolicyRule(
            target,
            MethodPolicy.empty(),
            LiveLimits.none(),
            1,
            "ann",
            "test",
            Instant.EPOCH,
            Optional.empty()));
  }

  private static List<String> chosen(int percent) {
    return IntStream.range(0, 10_000)
        .mapToObj(i -> "checkout-" + i)
        .filter(id -> isMeant(ALL.percent(percent), id))
        .toList();
  }

  @Test
  void aShareOfTheProcessesIsThatShareAndGrowsWithoutChangingTheFirst() {
    List<String> ten = chosen(10);
    List<String> thirty = chosen(30);
    assertThat(ten).hasSizeBetween(900, 1100);
    assertThat(thirty).hasSizeBetween(2800, 3200).containsAll(ten);
    assertThat(chosen(10)).as("always the same").isEqualTo(ten);
    assertThat(chosen(100)).hasSize(10_000);
  }

  /** Part of what operators rely on: another version must choose the same processes. */
  @Test
  void theShareOfAnIdDoesNotChangeBetweenVersions() {
    assertThat(List.of(share("checkout-1"), share("checkout-2"), share("ä")))
        .containsExactly(39, 74, 99);
  }

  private static int share(String id) {
    return new PolicyProcess(id, "", "", "").share();
  }

  @Test
  void eachConditionMustFit() {
    assertThat(isMeant(ALL, "a")).isTrue();
    assertThat(isMeant(ALL.caller("till"), "a")).isTrue();
    assertThat(isMeant(ALL.caller("web"), "a")).isFalse();
    assertThat(isMeant(ALL.caller("till").zone("north").version("1.4.0"), "a")).isTrue();
    assertThat(isMeant(ALL.caller("till").zone("south").version("1.4.0"), "a")).isFalse();
    assertThat(isMeant(ALL.version("1.4"), "a")).isFalse();
    assertThat(isMeant(ALL.zone("north"), new PolicyProcess("a", "", "", ""))).isFalse();
  }

  @Test
  void aTargetThatCannotBeIsRefused() {
    for (String name : new String[] {"", "a b", "/x", "a/", "a/b/c", "1a", "a:b", "**"}) {
      assertThatThrownBy(() -> PolicyTarget.of(name))
          .hasMessageContaining("policy name \"" + name + "\" is not a method, a service or \"*\"");
    }
    assertThatThrownBy(() -> ALL.percent(0)).hasMessage("percent is 0; use 1 to 100");
    assertThatThrownBy(() -> ALL.percent(101)).hasMessage("percent is 101; use 1 to 100");
    assertThat(ALL.caller("till").zone("north").version("2").percent(5))
        .hasToString("test.Ping (caller till, zone north, version 2, 5%)");
  }
}
