package io.fairlead.registry.etcd;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.discovery.Endpoint;
import io.fairlead.discovery.EndpointSnapshot;
import io.fairlead.testkit.LogCapture;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SnapshotFilesTest {
  private static final EndpointSnapshot SNAPSHOT =
      new EndpointSnapshot(
          "team/shop",
          42,
          List.of(Endpoint.of("a", "10.0.0.1", 1), Endpoint.of("b", "::1", 2).withWeight(7)));

  private volatile Instant now = Instant.parse("2026-01-01T00:00:00Z");

  @TempDir private Path directory;

  /** Whether a complete file with so many endpoints is there. */
  static boolean hasSaved(Path directory, String service, int endpoints) {
    Path file = directory.resolve(service + ".endpoints");
    try {
      return Files.exists(file) && Files.readAllLines(file).size() == endpoints + 1;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void save() {
    try (SnapshotFiles files = files()) {
      files.save(SNAPSHOT);
    }
  }

  private SnapshotFiles files() {
    return new SnapshotFiles(directory, Duration.ofHours(1), () -> now);
  }

  private Optional<EndpointSnapshot> load() {
    return saved().map(SnapshotStore.Saved::snapshot);
  }

  private Optional<SnapshotStore.Saved> saved() {
    CompletableFuture<SnapshotStore.Saved> found = new CompletableFuture<>();
    try (SnapshotFiles files = files()) {
      files.load("team/shop", found::complete);
    }
    return Optional.ofNullable(found.getNow(null));
  }

  private Path file() {
    return directory.resolve("team%2Fshop.endpoints");
  }

  @Test
  void whatIsSavedIsLoaded() {
    Instant saved = now;
    save();
    now = now.plus(Duration.ofMinutes(7));
    assertThat(saved()).contains(new SnapshotStore.Saved(SNAPSHOT, saved));
  }

  @Test
  void nothingSavedIsNothingLoaded() {
    assertThat(load()).isEmpty();
  }

  @Test
  void anOldListIsNotUsed() {
    save();
    now = now.plus(Duration.ofMinutes(61));
    assertThat(load()).isEmpty();
  }

  @Test
  void smallClockStepBackIsTolerated() {
    save();
    now = now.minus(Duration.ofMinutes(59));
    assertThat(load()).contains(SNAPSHOT);
  }

  @Test
  void everyCorruptionIsFound() throws IOException {
    save();
    byte[] good = Files.readAllBytes(file());
    for (int cut = 0; cut < good.length; cut++) {
      Files.write(file(), java.util.Arrays.copyOf(good, cut));
      assertThat(load()).as("cut at %s", cut).isEmpty();
    }
    int body = new String(good, java.nio.charset.StandardCharsets.UTF_8).indexOf('\n') + 1;
    for (int at = body; at < good.length; at++) {
      byte[] bad = good.clone();
      bad[at] ^= 1;
      Files.write(file(), bad);
      assertThat(load()).as("changed at %s", at).isEmpty();
    }
  }

  @Test
  void changesAreCoalescedAndTheLastIsSaved() throws IOException {
    try (SnapshotFiles files = files()) {
      for (int revision = 1; revision <= 1000; revision++) {
        files.save(new EndpointSnapshot("team/shop", revision, SNAPSHOT.endpoints()));
      }
      files.save(SNAPSHOT);
    }
    assertThat(load()).contains(SNAPSHOT);
    try (Stream<Path> left = Files.list(directory)) {
      assertThat(left).containsExactly(file());
    }
  }

  @Test
  void unusedSnapshotIsLoggedWithTheReason() throws IOException {
    save();
    Files.writeString(file(), "x", StandardOpenOption.APPEND);
    try (LogCapture log = LogCapture.of("io.fairlead.registry.etcd")) {
      assertThat(load()).isEmpty();
      assertThat(log.with(file() + " is not used: its checksum does not fit")).hasSize(1);
    }
    save();
    now = now.plus(Duration.ofHours(2));
    try (LogCapture log = LogCapture.of("io.fairlead.registry.etcd")) {
      assertThat(load()).isEmpty();
      assertThat(
              log.with(
                  file()
                      + " is not used: it was saved at "
                      + now.minus(Duration.ofHours(2))
                      + ", more than 1h ago or ahead"))
          .hasSize(1);
    }
  }

  @Test
  void aListOfAnotherServiceIsNotUsed() throws IOException {
    save();
    Files.copy(file(), directory.resolve("other.endpoints"));
    CompletableFuture<SnapshotStore.Saved> found = new CompletableFuture<>();
    try (SnapshotFiles files = files()) {
      files.load("other", found::complete);
    }
    assertThat(found.getNow(null)).isNull();
  }

  @Test
  void unusableDirectoryIsOnlyLogged() throws IOException {
    Path taken = Files.createFile(directory.resolve("taken"));
    try (SnapshotFiles files = new SnapshotFiles(taken, Duration.ofHours(1), () -> now)) {
      files.save(SNAPSHOT);
      files.load("shop", snapshot -> {});
    }
    assertThat(taken).isEmptyFile();
  }
}
