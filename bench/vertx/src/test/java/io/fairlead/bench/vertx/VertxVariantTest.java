package io.fairlead.bench.vertx;

import io.fairlead.bench.Rehearsal;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(600) // seconds; a call that never ends is a failure, not a hanging build
class VertxVariantTest {
  @Test
  void everyKindOfCallIsAnswered(@TempDir Path directory) throws IOException {
    Rehearsal.plaintext("vertx", directory);
  }

  @Test
  void everyKindOfCallIsAnsweredOverTls(@TempDir Path directory) throws IOException {
    Rehearsal.encrypted("vertx", directory);
  }

  @Test
  void answersRest() throws Exception {
    Rehearsal.rest(new VertxRestVariant());
  }
}
