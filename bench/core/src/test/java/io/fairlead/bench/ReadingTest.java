package io.fairlead.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReadingTest {
  private static final String H2LOAD =
      """
      finished in 1.50s, 2000.00 req/s, 500.0KB/s
      requests: 3000 total, 3000 started, 3000 done, 3000 succeeded, 0 failed, 0 errored, 0 timeout
      traffic: 500KB (512000) total, 50KB (51200) headers (space savings 90%%), 293KB (%d) data
      """;

  @Test
  void readsWhatH2loadSays() throws IOException {
    Sample sample = H2Load.parse(H2LOAD.formatted(300_000), 100);
    assertThat(sample.operations()).isEqualTo(3000);
    assertThat(sample.rate()).isCloseTo(2000, within(0.1));
  }

  @Test
  void aGoodStatusWithoutAMessageIsNoAnswer() {
    assertThatThrownBy(() -> H2Load.parse(H2LOAD.formatted(0), 100))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("Only 0 of 3000 calls brought a message");
  }

  @Test
  void aLoadNamesItsKindAndItsCallsInFlight() {
    assertThat(Load.parse("async-32")).isEqualTo(new Load(Load.Kind.ASYNC, 32));
    assertThat(Load.parse("h2load-10")).hasToString("h2load-10");
    assertThatThrownBy(() -> Load.parse("fast")).hasMessageContaining("\"fast\"");
  }

  @Test
  void aBarIsItsMedianAndItsExtremes() {
    BarChart.Bar bar = BarChart.Bar.parse("bind@25\ttrue\t10.0 30.0 20.0");
    assertThat(bar.ours()).isTrue();
    assertThat(bar.spread()).isEqualTo(new Stats.Spread(20, 10, 30));
    assertThat(BarChart.svg("calls", List.of(bar)))
        .contains("<text x=\"0\" y=\"34\">bind@25</text>")
        .contains("width=\"220.0\" height=\"12\" fill=\"#2b6cb0\"")
        .contains(">20.0</text>")
        .endsWith("</svg>\n");
    assertThat(BarChart.svg("calls", List.of())).isEmpty();
  }

  @Test
  void theLastWordsOfTheTableAreRatios() {
    String text =
        TextReport.of(
            List.of(
                new Result("async-32", "grpc", List.of(sample(100), sample(100))),
                new Result("async-32", "fairlead-async", List.of(sample(200), sample(300)))));
    assertThat(text.lines().toList())
        .last()
        .asString()
        .matches("async-32 +fairlead-async +grpc +2\\.50 \\(2\\.00-3\\.00\\) *");
  }

  @Test
  void aPlanSaysWhichOptionIsWrong() {
    assertThat(Plan.parse(new String[] {"--loads=async-8", "--instances=3"}).sections())
        .singleElement()
        .satisfies(
            section -> assertThat(section.label(Load.parse("async-8"))).isEqualTo("async-8 on 3"));
    assertThatThrownBy(() -> Plan.parse(new String[] {"--round=3"}))
        .hasMessageStartingWith("Not an option: --round=3; there are --quick");
    assertThatThrownBy(() -> Plan.parse(new String[] {"--rounds=none"}))
        .hasMessage("--rounds=none is not a whole number above 0");
  }

  @Test
  void aSampleSurvivesTheLineBetweenTheProcesses() {
    Usage used = new Usage(3, 4, 5);
    Sample sample = new Sample(10, 1, 2_000, used, Usage.NONE, List.of(5L, 6L, 7L, 8L));
    assertThat(Sample.decode(sample.encode())).isEqualTo(sample);
  }

  @Test
  void ratiosAreTakenRoundByRound() {
    Result fast = new Result("load", "fast", List.of(sample(200), sample(20), sample(2000)));
    Result slow = new Result("load", "slow", List.of(sample(100), sample(10), sample(500)));
    assertThat(fast.ratio(slow, Sample::rate)).isEqualTo(new Stats.Spread(2, 2, 4));
  }

  @Test
  void warmMeansStableThroughputAndNoCompilation() {
    Usage compiling = new Usage(0, 0, 60_000_000);
    List<Sample> even = List.of(sample(50), sample(100), sample(98), sample(102));
    assertThat(Runner.isStable(even)).isTrue();
    assertThat(Runner.isStable(even.subList(1, 4))).isFalse();
    assertThat(Runner.isStable(List.of(sample(100), sample(100), sample(98), sample(106))))
        .isFalse();
    assertThat(Runner.isStable(even.stream().map(sample -> sample.withServer(compiling)).toList()))
        .isFalse();
  }

  private static Sample sample(long operations) {
    return new Sample(
        operations, 0, 1_000_000_000, Usage.NONE, Usage.NONE, List.of(0L, 0L, 0L, 0L));
  }
}
