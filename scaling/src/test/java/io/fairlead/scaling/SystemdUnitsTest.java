package io.fairlead.scaling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Unit files that systemd itself accepts; a script plays {@code systemctl}. */
@Timeout(60)
class SystemdUnitsTest {
  private static final Actuator.Order ORDER = new Actuator.Order(1, "as the test wants");

  @TempDir Path folder;
  private Path script;
  private Path answer;
  private Path calls;

  @BeforeEach
  void writeScript() throws IOException {
    script = folder.resolve("systemctl");
    answer = folder.resolve("answer");
    calls = folder.resolve("calls");
    Files.writeString(answer, "");
    Files.writeString(calls, "");
    Files.writeString(
        script,
        """
        #!/bin/sh
        case $1 in
          list-units) cat '%1$s' ;;
          start | stop) echo "$*" >>'%2$s'; [ ! -e '%2$s.fail' ] || { echo "Access denied"; exit 4; } ;;
          *) echo "Unknown command verb $1."; exit 1 ;;
        esac
        """
            .formatted(answer, calls));
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
  }

  private SystemdUnits.Builder builder() {
    return SystemdUnits.builder(
            "inventory", "/usr/bin/env", "java", "-Dgreeting=50% off, $1", "Server", "{id}")
        .stopTimeout(Duration.ofSeconds(75))
        .systemctl(script.toString())
        .tokenFile(folder.resolve("run").resolve("token"));
  }

  @Test
  void systemdAcceptsTheUnitFile() throws Exception {
    Path file = folder.resolve(builder().build().fileName());
    Files.writeString(file, builder().build().file());
    assertThat(file.getFileName()).hasToString("inventory@.service");
    assertThat(verify(file)).isEmpty();
    Path broken = folder.resolve("broken@.service");
    Files.writeString(broken, Files.readString(file).replace("KillMode=mixed", "KillMode=most"));
    assertThat(verify(broken)).as("it would say so").contains("kill mode");
  }

  private String verify(Path file) throws Exception {
    Path said = folder.resolve("said");
    Process process =
        new ProcessBuilder("systemd-analyze", "verify", "--man=no", file.toString())
            .redirectErrorStream(true)
            .redirectOutput(said.toFile())
            .start();
    int unused = process.waitFor();
    // Of our file alone: other units of this machine are not ours to judge.
    return String.join(
        "\n",
        Files.readAllLines(said).stream()
            .filter(line -> line.contains(file.getFileName().toString().replace(".service", "")))
            .toList());
  }

  @Test
  void wordsMeanTheSameToSystemdAsToUs() {
    assertThat(builder().build().file())
        .contains(
            "ExecStart=/usr/bin/env java \"-Dgreeting=50%% off, $$1\" Server inventory-%i\n",
            "TimeoutStopSec=75\n");
  }

  @Test
  void onlyWhatRunsIsAnInstance() throws Exception {
    Files.writeString(
        answer,
        """
        inventory@1.service loaded active running inventory, instance 1
        inventory@2.service loaded failed failed inventory, instance 2
        inventory@3.service loaded deactivating stop-sigterm inventory, instance 3
        inventory@7.service loaded activating start inventory, instance 7
        inventory@x.service loaded active running somebody else's
        inventory@20261130235959.service loaded active running somebody else's
        inventory@007.service loaded active running somebody else's
        """);
    assertThat(builder().build().instances()).containsExactly("inventory-1", "inventory-7");
  }

  @Test
  void newInstancesTakeTheLowestNumbersThatAreFree() throws Exception {
    Files.writeString(
        answer,
        """
        inventory@1.service loaded active running inventory, instance 1
        inventory@2.service loaded failed failed inventory, instance 2
        inventory@3.service loaded deactivating stop-sigterm inventory, instance 3
        """);
    builder().build().start(2, ORDER);
    builder().build().stop(List.of("inventory-1", "other-5", "inventory-1; reboot"), ORDER);
    assertThat(Files.readAllLines(calls))
        .containsExactly(
            "start --no-block inventory@2.service inventory@4.service",
            "stop --no-block inventory@1.service");
  }

  @Test
  void aFailureSaysWhatSystemdSaid() throws Exception {
    Files.writeString(Path.of(calls + ".fail"), "");
    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> builder().build().start(1, ORDER))
        .withMessageEndingWith("inventory@1.service\" failed with status 4: Access denied");
  }

  @Test
  void anOrderIsRefusedAlsoIfTheLaterOneCameFromAnotherProcess() throws Exception {
    builder().build().start(1, new Actuator.Order(9, "the successor"));
    // Another object stands for another process: all that they share is the file.
    assertThatExceptionOfType(StaleOrderException.class)
        .isThrownBy(() -> builder().build().start(1, new Actuator.Order(8, "late")))
        .withMessageEndingWith("remove the file " + folder.resolve("run").resolve("token"));
    Files.writeString(folder.resolve("run").resolve("token"), "nine");
    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> builder().build().start(1, new Actuator.Order(9, "on")))
        .withMessageContaining("has \"nine\" in place of a number");
  }

  private static void awaited(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void twoObjectsOfOneProcessWaitForEachOther() throws Exception {
    Path file = folder.resolve("token");
    FencingGuard first = new FencingGuard(file);
    FencingGuard second = new FencingGuard(folder.resolve(".").resolve("token"));
    CountDownLatch within = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    CompletableFuture<Void> one =
        CompletableFuture.runAsync(
            () -> {
              try {
                first.run(
                    ORDER,
                    () -> {
                      within.countDown();
                      awaited(go);
                    });
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            });
    within.await();
    FutureTask<Boolean> two =
        new FutureTask<>(
            () -> {
              AtomicBoolean ran = new AtomicBoolean();
              second.run(ORDER, () -> ran.set(true));
              return ran.get();
            });
    Thread waiting = new Thread(two);
    waiting.start();
    while (waiting.getState() != Thread.State.BLOCKED && !two.isDone()) {
      Thread.onSpinWait();
    }
    assertThat(two.isDone()).isFalse();
    go.countDown();
    assertThat(two.get(30, TimeUnit.SECONDS)).isTrue();
    one.get(30, TimeUnit.SECONDS);
  }

  @Test
  void commandsThatCannotBeAreRefusedInWords() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SystemdUnits.builder("inventory", "java"))
        .withMessageContaining("absolute path of a program");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SystemdUnits.builder("in ventory", "/bin/true"))
        .withMessageContaining("no name of a template");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SystemdUnits.builder("inventory", "/bin/true", "a\nExecStop=/bin/rm"))
        .withMessageContaining("control character");
  }
}
