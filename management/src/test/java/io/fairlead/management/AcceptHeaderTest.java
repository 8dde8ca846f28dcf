package io.fairlead.management;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AcceptHeaderTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "*/* | text/plain",
        "text/html | text/html",
        "text/html,application/json;q=0.9 | text/html",
        "text/html;q=0.1, application/json;q=0.9 | application/json",
        "text/*, text/plain;q=0.1 | text/html",
        "application/* | application/json",
        "image/png | text/plain",
        "TEXT/HTML | text/html",
        "text/html;q=nonsense, application/json;q=0.1 | application/json",
        "nonsense | text/plain",
        ", ; | text/plain"
      })
  void theTypeWithTheHighestWeightIsChosen(String header, String expected) {
    assertThat(AcceptHeader.parse(header).best("text/plain", "text/html", "application/json"))
        .isEqualTo(expected);
  }
}
