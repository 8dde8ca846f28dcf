package io.fairlead.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The rules of buf, over a corpus of changes. {@link BufControlIT} compares it with buf itself. */
class BreakingCorpusTest {
  @BeforeEach
  void needProtoc() {
    BreakingCorpus.needProtoc();
  }

  @Test
  void eachChangeOfTheCorpusIsFoundWhereItIs() throws Exception {
    List<String> found = BreakingCorpus.found();
    if (System.getProperty("golden.update") != null) {
      Files.write(BreakingCorpus.FINDINGS, found);
    }
    assertThat(found)
        .as("accept with: mvn test -pl cli -am -Dtest=BreakingCorpusTest -Dgolden.update")
        .isEqualTo(Files.readAllLines(BreakingCorpus.FINDINGS));
  }

  @Test
  void theCorpusHasAChangeForEachRuleOfBuf() throws Exception {
    Set<String> covered =
        Files.readAllLines(BreakingCorpus.FINDINGS).stream()
            .map(line -> line.substring(line.lastIndexOf(' ') + 1))
            .collect(Collectors.toSet());
    Set<String> rules =
        Arrays.stream(BreakingRule.values())
            .filter(rule -> !rule.categories().equals(EnumSet.of(BreakingRule.Category.POLICY)))
            .map(Enum::name)
            .collect(Collectors.toSet());
    assertThat(covered).isEqualTo(rules);
  }

  @Test
  void aContractThatStaysBreaksNothing() {
    Cli.Result same =
        new Cli().run("breaking", BreakingCorpus.OLD.toString(), BreakingCorpus.OLD.toString());
    assertThat(same.out()).isEqualTo("no breaking change\n");
    assertThat(same.exit()).isZero();
  }
}
