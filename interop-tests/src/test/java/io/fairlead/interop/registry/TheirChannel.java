package io.fairlead.interop.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.interop.peer.Program;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A program of others that finds servers in a registry, and calls them in turn. */
final class TheirChannel implements AutoCloseable {
  private static final Duration CEILING = Duration.ofMinutes(2);
  private static final Pattern ANSWER = Pattern.compile("^(CALLS|ERROR)(.*)$");

  /** More than there are servers in any test, so that each gets one. */
  private static final int FEW = 4;

  private final Program program;

  TheirChannel(Program program) {
    this.program = program;
  }

  /** Lets it call; how many calls each address answered. No call may fail. */
  Map<String, Integer> calls(int count) {
    int before = program.lines().size();
    program.say(Integer.toString(count));
    Matcher answer = program.await(ANSWER, before);
    assertThat(answer.group(1)).as(answer.group()).isEqualTo("CALLS");
    Map<String, Integer> counts = new TreeMap<>();
    for (String word : answer.group(2).strip().split(" ", -1)) {
      int equals = word.lastIndexOf('=');
      counts.put(word.substring(0, equals), Integer.valueOf(word.substring(equals + 1)));
    }
    return counts;
  }

  /** Lets it call, few calls at a time, until the answers are as wanted. No call may fail. */
  void await(Predicate<Map<String, Integer>> wanted) {
    long end = System.nanoTime() + CEILING.toNanos();
    while (!wanted.test(calls(FEW))) {
      assertThat(System.nanoTime()).as("it said %s", program.lines()).isLessThan(end);
    }
  }

  @Override
  public void close() {
    program.close();
  }
}
