package io.fairlead.bench.vertx;

import io.fairlead.bench.Rehearsal;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120) // seconds; a call that never ends is a failure, not a hanging build
class VertxVariantTest {
  @Test
  void everyKindOfCallIsAnswered() throws Exception {
    Rehearsal.plaintext("vertx");
  }

  @Test
  void everyKindOfCallIsAnsweredOverTls(@TempDir Path directory) throws Exception {
    Rehearsal.encrypted("vertx", directory);
  }
}
