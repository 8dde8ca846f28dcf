package io.fairlead.etcd.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fairlead.testkit.Certificates;
import io.fairlead.testkit.TestAuthority;
import io.grpc.ChannelCredentials;
import io.grpc.InsecureChannelCredentials;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.TlsChannelCredentials;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class EmbeddedEtcdTlsTest {
  @TempDir Path folder;

  private Path trust;
  private Certificates etcd;
  private Certificates client;

  @BeforeEach
  void certificates() {
    Map<String, Certificates> all = TestAuthority.create("test").writeAll(folder, "etcd", "client");
    trust = folder.resolve(TestAuthority.TRUST);
    etcd = Objects.requireNonNull(all.get("etcd"));
    client = Objects.requireNonNull(all.get("client"));
  }

  private TlsChannelCredentials.Builder trusting() throws Exception {
    return TlsChannelCredentials.newBuilder().trustManager(trust.toFile());
  }

  private ChannelCredentials withCertificate() throws Exception {
    return trusting().keyManager(client.certificate().toFile(), client.key().toFile()).build();
  }

  private static void assertPuts(EmbeddedEtcd server, ChannelCredentials credentials) {
    try (EtcdClient stubs = new EtcdClient(server.address(), credentials)) {
      assertThat(stubs.put("a", "1")).isPositive();
    }
    assertThat(server.get("a")).contains("1");
  }

  private static void assertRefused(EmbeddedEtcd server, ChannelCredentials credentials) {
    try (EtcdClient stubs = new EtcdClient(server.address(), credentials)) {
      assertThatThrownBy(() -> stubs.put("a", "2"))
          .isInstanceOfSatisfying(
              StatusRuntimeException.class,
              e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE));
    }
  }

  @Test
  void withTlsNobodyReadsTheRegistryInPlainText() throws Exception {
    try (EmbeddedEtcd server = EmbeddedEtcd.builder().tls(etcd.certificate(), etcd.key()).start()) {
      assertThat(server.endpoint()).isEqualTo("https://" + server.address());
      assertPuts(server, trusting().build());
      assertRefused(server, InsecureChannelCredentials.create());
    }
  }

  @Test
  void withAuthoritiesWhoeverHasNoCertificateIsRefusedAlsoAfterARestart() throws Exception {
    try (EmbeddedEtcd server =
        EmbeddedEtcd.builder().mutualTls(etcd.certificate(), etcd.key(), trust).start()) {
      assertPuts(server, withCertificate());
      assertRefused(server, trusting().build());
      server.faults().stop();
      server.faults().restart();
      assertPuts(server, withCertificate());
      assertRefused(server, trusting().build());
    }
  }

  @Test
  void aFileThatIsMissingIsNamedAtTheStart() {
    Path missing = folder.resolve("missing.pem");
    assertThatThrownBy(() -> EmbeddedEtcd.builder().tls(missing, etcd.key()))
        .isInstanceOf(UncheckedIOException.class)
        .hasStackTraceContaining("missing.pem");
  }
}
