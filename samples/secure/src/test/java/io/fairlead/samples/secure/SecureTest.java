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
            "ann, with a token: bill 7 for spiffe://shop.example/billing, shown to ann",
            "ann, without the scope: PERMISSION_DENIED scope bills.read is missing",
            "somebody, without a token: UNAUTHENTICATED the call has no token; send the header"
                + " authorization: Bearer <token>",
            "the hours, without a token: from nine to five",
            "a customer at the vault: UNAVAILABLE",
            "10 rotations: no call failed",
            "days left: 39",
            "before the authority is replaced: " + billing,
            "after it: UNAVAILABLE",
            "with a certificate of the new one: " + billing);
  }
}
