package io.fairlead.bench.armeria;

import io.fairlead.bench.Rehearsal;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(600) // seconds; a call that never ends is a failure, not a hanging build
class ArmeriaVariantTest {
  @Test
  void everyKindOfCallIsAnswered(@TempDir Path directory) throws IOException {
    Rehearsal.plaintext("armeria", directory);
  }

  @Test
  void everyKindOfCallIsAnsweredWithTelemetry(@TempDir Path directory) throws IOException {
    Rehearsal.plaintext("armeria-telemetry", directory);
  }

  @Test
  void everyKindOfCallIsAnsweredOverTls(@TempDir Path directory) throws IOException {
    Rehearsal.encrypted("armeria", directory);
  }

  @Test
  void answersRest() throws Exception {
    Rehearsal.rest(new ArmeriaRestVariant());
  }
}
