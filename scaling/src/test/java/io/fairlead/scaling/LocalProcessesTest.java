package io.fairlead.scaling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.fairlead.testkit.LogCapture;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Real processes of this machine. */
@Timeout(60)
class LocalProcessesTest {
  private static final Actuator.Order ORDER = new Actuator.Order(0, "as the test wants");

  @TempDir Path folder;

  /** A program that writes its id and pid, and sleeps. */
  private static String[] program(String first) {
    return new String[] {
      "/bin/sh", "-c", first + "echo $0 $$; while :; do sleep 0.05; done", "{id}"
    };
  }

  private LocalProcesses processes(String first) {
    return LocalProcesses.builder("inventory", program(first))
        .logs(folder)
        .stopTimeout(Duration.ofSeconds(1))
        .build();
  }

  /** What each of them has written first, once all have. */
  private List<String> lines(int count) throws Exception {
    List<String> lines = new ArrayList<>();
    while (lines.size() < count) {
      Thread.sleep(10);
      lines.clear();
      try (var files = Files.list(folder)) {
        for (Path file : files.sorted().toList()) {
          Files.readAllLines(file).stream().limit(1).forEach(lines::add);
        }
      }
    }
    return lines;
  }

  private static ProcessHandle process(String line) {
    return ProcessHandle.of(Long.parseLong(line.split(" ", -1)[1])).orElseThrow();
  }

  @Test
  void eachInstanceKnowsItsIdAndCanBeStoppedByIt() throws Exception {
    ProcessHandle second;
    try (LocalProcesses processes = processes("")) {
      processes.start(2, ORDER);
      List<String> ids = processes.instances();
      assertThat(ids).hasSize(2).allMatch(id -> id.matches("inventory-[0-9a-z]+-[12]"));
      List<String> lines = lines(2);
      assertThat(lines).extracting(line -> line.split(" ", -1)[0]).containsExactlyElementsOf(ids);
      ProcessHandle first = process(lines.get(0));
      second = process(lines.get(1));
      assertThat(Objects.requireNonNull(processes.processes().get(ids.get(0))).pid())
          .as("the instance itself, so that a signal reaches it")
          .isEqualTo(first.pid());
      processes.stop(List.of(ids.get(0), "unheard-of"), ORDER);
      assertThat(processes.instances()).containsExactly(ids.get(1));
      assertThat(first.onExit().get(30, TimeUnit.SECONDS).isAlive()).isFalse();
    }
    assertThat(second.isAlive()).as("closing stops the rest").isFalse();
  }

  @Test
  void anInstanceIsToldOnceToEnd() throws Exception {
    try (LocalProcesses processes =
        LocalProcesses.builder(
                "inventory", "/bin/sh", "-c", "trap 'echo told' TERM; echo up; while :; do :; done")
            .logs(folder)
            .stopTimeout(Duration.ofSeconds(1))
            .build()) {
      processes.start(1, ORDER);
      List<String> unused = lines(1);
      ProcessHandle stubborn = processes.processes().values().iterator().next();
      Path log = folder.resolve(processes.instances().get(0) + ".log");
      processes.stop(processes.instances(), ORDER);
      assertThat(stubborn.onExit().get(30, TimeUnit.SECONDS).isAlive()).isFalse();
      assertThat(Files.readAllLines(log)).containsExactly("up", "told");
    }
  }

  @Test
  void anInstanceThatDoesNotHearIsKilled() throws Exception {
    try (LocalProcesses processes = processes("trap '' TERM; ")) {
      processes.start(1, ORDER);
      ProcessHandle stubborn = process(lines(1).get(0));
      processes.stop(processes.instances(), ORDER);
      assertThat(stubborn.onExit().get(30, TimeUnit.SECONDS).isAlive()).isFalse();
    }
  }

  @Test
  void anInstanceThatEndsByItselfIsNoInstanceAndIsReported() throws Exception {
    try (LogCapture log = LogCapture.of("io.fairlead.scaling");
        LocalProcesses processes =
            LocalProcesses.builder("inventory", "/bin/sh", "-c", "exit 3").logs(folder).build()) {
      processes.start(1, ORDER);
      while (!processes.instances().isEmpty() || log.lines().isEmpty()) {
        Thread.sleep(5);
      }
      assertThat(log.lines())
          .singleElement()
          .asString()
          .contains("has ended by itself with status 3; see " + folder);
    }
  }

  /** Started as a process of its own: it starts instances, and does nothing more. */
  static final class Parent {
    public static void main(String[] args) throws Exception {
      LocalProcesses quiet =
          LocalProcesses.builder("quiet", program(""))
              .logs(Path.of(args[0]))
              .stopTimeout(Duration.ofSeconds(1))
              .build();
      LocalProcesses stubborn =
          LocalProcesses.builder("stubborn", program("trap '' TERM INT HUP; "))
              .logs(Path.of(args[0]))
              .stopTimeout(Duration.ofSeconds(1))
              .build();
      quiet.start(2, ORDER);
      stubborn.start(1, ORDER);
      Thread.sleep(Long.MAX_VALUE);
    }
  }

  @Test
  void noInstanceOutlivesAParentThatIsKilled() throws Exception {
    Process parent =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                Parent.class.getName(),
                folder.toString())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.INHERIT)
            .start();
    List<ProcessHandle> instances = lines(3).stream().map(LocalProcessesTest::process).toList();
    assertThat(instances).allMatch(ProcessHandle::isAlive);
    parent.destroyForcibly().waitFor();
    for (ProcessHandle each : instances) {
      while (each.isAlive()) {
        Thread.sleep(10);
      }
    }
  }

  @Test
  void anOrderOfADeciderThatHasASuccessorIsRefused() throws Exception {
    try (LocalProcesses processes = processes("")) {
      processes.start(1, new Actuator.Order(7, "the successor"));
      assertThatExceptionOfType(StaleOrderException.class)
          .isThrownBy(() -> processes.start(1, new Actuator.Order(6, "late")))
          .withMessageContaining("fencing token 6")
          .withMessageContaining("7 has ordered already");
      assertThatExceptionOfType(StaleOrderException.class)
          .isThrownBy(() -> processes.stop(processes.instances(), new Actuator.Order(6, "late")));
      assertThat(processes.instances()).hasSize(1);
    }
  }

  @Test
  void aProgramThatIsNotThereIsAnInstanceThatEndsAtOnce() throws Exception {
    try (LogCapture log = LogCapture.of("io.fairlead.scaling");
        LocalProcesses processes =
            LocalProcesses.builder("inventory", "/no/such/program").logs(folder).build()) {
      processes.start(1, ORDER);
      while (log.lines().isEmpty()) {
        Thread.sleep(5);
      }
      assertThat(log.lines().get(0)).contains("status 127");
      assertThat(lines(1).get(0)).contains("/no/such/program");
    }
  }

  @Test
  void settingsThatCannotBeAreRefusedInWords() throws IOException {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> LocalProcesses.builder("a b", "java"))
        .withMessageContaining("use letters, digits, dots and hyphens");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> LocalProcesses.builder("inventory"))
        .withMessage("there is no command; give a program and its arguments");
    LocalProcesses closed = LocalProcesses.builder("inventory", "sleep", "9").build();
    closed.close();
    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> closed.start(1, ORDER))
        .withMessageContaining("are closed; none is started any more");
  }
}
