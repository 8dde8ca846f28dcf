package io.fairlead.registry.etcd;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

final class ClusterIdsTest {
  private final ClusterIds ids = new ClusterIds(List.of("a", "b", "c", "b"));

  @Test
  void whatIsNotKnownMayBeUsed() {
    assertThat(ids.unknown()).containsExactly("a", "b", "c");
    assertThat(ids.usable("a")).isTrue();
    assertThat(ids.conflict()).isNull();
  }

  @Test
  void oneClusterIsNoConflict() {
    List.of("a", "b", "c").forEach(one -> ids.record(one, 7));
    assertThat(ids.unknown()).isEmpty();
    assertThat(ids.usable("b")).isTrue();
    assertThat(ids.conflict()).isNull();
  }

  @Test
  void theMinorityIsNotUsed() {
    ids.record("a", 7);
    ids.record("b", 255);
    ids.record("c", 255);
    assertThat(ids.usable("a")).isFalse();
    assertThat(ids.usable("b")).isTrue();
    assertThat(ids.conflict())
        .isEqualTo(
            "the endpoints are of different etcd clusters: a of 7 (not used); b, c of ff (used);"
                + " name the endpoints of one cluster");
  }

  /** All processes have the same list, so all choose the same cluster. */
  @Test
  void ofTwoAsLargeTheFirstIsUsed() {
    ids.record("c", 255);
    ids.record("a", 7);
    assertThat(ids.usable("a")).isTrue();
    assertThat(ids.usable("c")).isFalse();
  }

  /** Others that were replaced too, and are down, must not keep the last one from being used. */
  @Test
  void whoDoesNotAnswerDoesNotCount() {
    ids.record("a", 7);
    ids.record("b", 255);
    ids.record("c", 255);
    ids.forget("b");
    ids.forget("c");
    assertThat(ids.usable("a")).isTrue();
    assertThat(ids.conflict()).isNull();
  }
}
