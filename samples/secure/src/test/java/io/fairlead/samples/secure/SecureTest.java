package io.fairlead.samples.secure;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SecureTest {
  @Test
  void whoMayCallIsServedWhileCertificatesAreReplaced(@TempDir Path directory) throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    new Secure(new PrintStream(bytes, true, StandardCharsets.UTF_8), directory).play();
    String billing = "plan for spiffe://shop.example/billing";
    assertThat(bytes.toString(StandardCharsets.UTF_8).lines())
        .containsExactly(
            "billing: " + billing,
            "reports: PERMISSION_DENIED scope vault.open is missing",
            "10 rotations: no call failed",
            "days left: 39",
            "before the authority is replaced: " + billing,
            "after it: UNAVAILABLE",
            "with a certificate of the new one: " + billing);
  }
}
