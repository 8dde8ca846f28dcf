package io.fairlead.internal;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PluralTest {
  @Test
  void onlyOneIsSingular() {
    assertThat(Plural.of(0, "call")).isEqualTo("0 calls");
    assertThat(Plural.of(1, "call")).isEqualTo("1 call");
    assertThat(Plural.of(2, "call")).isEqualTo("2 calls");
    assertThat(Plural.of(1, "retry")).isEqualTo("1 retry");
    assertThat(Plural.of(50, "retry")).isEqualTo("50 retries");
  }

  @Test
  void theNounFollowsACountThatStandsElsewhere() {
    assertThat(Plural.noun(1, "endpoint")).isEqualTo("endpoint");
    assertThat(Plural.noun(3, "endpoint")).isEqualTo("endpoints");
  }
}
