package io.fairlead.bench.dubbo;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fairlead.bench.Rehearsal;
import io.fairlead.bench.Wire;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(600) // seconds; a call that never ends is a failure, not a hanging build
class DubboVariantTest {
  @Test
  void everyKindOfCallIsAnswered(@TempDir Path directory) throws IOException {
    Rehearsal.plaintext("dubbo", directory);
  }

  @Test
  void aRunWithTlsIsToldToLeaveDubboOut() {
    Wire tls = new Wire(Path.of("certificate.pem"), Path.of("key.pem"));
    assertThatThrownBy(() -> new DubboVariant().startServer(tls))
        .isInstanceOf(UnsupportedOperationException.class)
        .hasMessageEndingWith("Leave dubbo out of a TLS run.");
  }
}
