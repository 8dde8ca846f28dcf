package io.fairlead.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SignatureException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TestAuthorityTest {
  @TempDir Path folder;

  private static X509Certificate read(Path file) throws Exception {
    try (InputStream in = Files.newInputStream(file)) {
      return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
    }
  }

  @Test
  void oneCallWritesAllThatASystemNeeds() throws Exception {
    Path directory = folder.resolve("new");
    Map<String, Certificates> all =
        TestAuthority.create("shop").writeAll(directory, "inventory", "pricing");
    assertThat(all).containsOnlyKeys("inventory", "pricing");
    X509Certificate authority = read(directory.resolve(TestAuthority.TRUST));
    for (Map.Entry<String, Certificates> each : all.entrySet()) {
      X509Certificate leaf = read(each.getValue().certificate());
      leaf.verify(authority.getPublicKey());
      assertThat(leaf.getSubjectAlternativeNames().toString()).contains(each.getKey(), "127.0.0.1");
      assertThat(Files.readString(each.getValue().key())).startsWith("-----BEGIN PRIVATE KEY-----");
    }
    X509Certificate stranger =
        read(TestAuthority.create("shop").leaf("inventory").write(folder).certificate());
    assertThatThrownBy(() -> stranger.verify(authority.getPublicKey()))
        .isInstanceOf(SignatureException.class);
  }
}
