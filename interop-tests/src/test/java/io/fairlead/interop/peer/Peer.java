package io.fairlead.interop.peer;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A program of others, or of ours on a library of others, that is built and can be run.
 *
 * @param name for messages and the names of logs
 * @param command how it begins; arguments follow
 * @param environment added to ours
 */
public record Peer(String name, List<String> command, Map<String, String> environment) {
  /** Generous: nothing here takes a minute, but machines may be busy. */
  private static final Duration LIMIT = Duration.ofMinutes(3);

  private static final Path HERE = Path.of("").toAbsolutePath();

  /** The same with more arguments in front. */
  public Peer with(String... arguments) {
    return new Peer(name, commandWith(arguments), environment);
  }

  /** Runs it to its end. */
  public Outcome run(String... arguments) {
    return Commands.run(HERE, environment, commandWith(arguments), LIMIT);
  }

  /**
   * Runs it to its end, which must be a good one.
   *
   * @return what it printed
   */
  public String runWell(String... arguments) {
    Outcome outcome = run(arguments);
    if (outcome.code() != 0) {
      throw new AssertionError(
          name
              + " ended with "
              + outcome.code()
              + " and said: "
              + outcome.output().strip()
              + "\nIt was: "
              + String.join(" ", commandWith(arguments)));
    }
    return outcome.output();
  }

  /** Starts it and lets it run; whoever starts it closes it. */
  public Program start(String... arguments) {
    return Program.start(name, HERE, environment, commandWith(arguments));
  }

  private List<String> commandWith(String... arguments) {
    return Stream.concat(command.stream(), Stream.of(arguments)).toList();
  }
}
