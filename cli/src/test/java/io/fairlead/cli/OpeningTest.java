package io.fairlead.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class OpeningTest {
  private final List<String> closed = new ArrayList<>();

  private AutoCloseable open(String name) {
    if (name.equals("bad")) {
      throw new IllegalArgumentException("bad is no address");
    }
    return () -> {
      closed.add(name);
      if (name.equals("stuck")) {
        throw new IllegalStateException("does not close");
      }
    };
  }

  @Test
  void channelsThatWereOpenAreClosedWhenALaterOneFails() {
    assertThatThrownBy(() -> Opening.all(List.of("a", "stuck", "b", "bad", "c"), this::open))
        .hasMessage("bad is no address")
        .satisfies(
            failure ->
                assertThat(failure.getSuppressed())
                    .singleElement()
                    .extracting(Throwable::getMessage)
                    .isEqualTo("does not close"));
    assertThat(closed).containsExactly("a", "stuck", "b");
  }

  @Test
  void allOfThemStayOpenOtherwise() {
    assertThat(Opening.all(List.of("a", "b"), this::open)).hasSize(2);
    assertThat(closed).isEmpty();
  }
}
