package io.fairlead.registry.etcd;

import static org.assertj.core.api.Assertions.assertThat;

import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import io.fairlead.discovery.Endpoint;
import io.fairlead.discovery.Registration;
import io.fairlead.discovery.Registration.State;
import io.fairlead.discovery.Registration.Status;
import io.fairlead.testkit.EtcdRelease;
import io.fairlead.testkit.RealEtcd;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** A real etcd that refuses us: one clear line says so, and all is well when that is mended. */
@Execution(ExecutionMode.CONCURRENT)
final class RefusalsIT {
  private static final String RIGHT = "right";

  @Test
  void aWrongPasswordIsNamedOnceAndWorksWhenItIsMade() {
    try (RealEtcd etcd = RealEtcd.start(EtcdRelease.INSTALLED);
        LogLines log = LogLines.start()) {
      enableAuthentication(etcd);
      try (EtcdRegistry registry =
          EtcdRegistry.builder().endpoints(etcd.endpoint()).user("root", "wrong").connect()) {
        Seen seen = RegistryContract.watched(registry, "shop");
        RegistryContract.soon("refused", () -> !seen.failure().isEmpty());
        assertThat(seen.failure())
            .contains(etcd.endpoint(), "user root", "authentication failed")
            .contains("check user and password");
        attempts(registry, 3);
        assertThat(log.with(etcd.endpoint() + ": refused log-in")).hasSize(1);
        try (Client operator = operator(etcd)) {
          get(operator.getAuthClient().userChangePassword(bytes("root"), bytes("wrong")));
        }
        RegistryContract.soon("let in", seen::absent);
      }
    }
  }

  /** A refusal is followed by a pause of up to 5 s. */
  private static void attempts(EtcdRegistry registry, int count) {
    long start = System.nanoTime();
    RegistryContract.soon(
        "some attempts",
        () -> System.nanoTime() - start > Duration.ofSeconds(2L * count).toNanos());
    assertThat(registry.health().linked()).isFalse();
  }

  @Test
  void anExpiredTokenIsFetchedAnewAndNothingIsLost(@TempDir Path directory) {
    Path privateKey = directory.resolve("jwt.key");
    Path publicKey = directory.resolve("jwt.pub");
    Certificates.run("openssl genrsa -out " + privateKey + " 2048");
    Certificates.run("openssl rsa -in " + privateKey + " -pubout -out " + publicKey);
    String token =
        "jwt,pub-key=" + publicKey + ",priv-key=" + privateKey + ",sign-method=RS256,ttl=3s";
    try (RealEtcd etcd =
        RealEtcd.builder(EtcdRelease.INSTALLED).arguments("--auth-token", token).start()) {
      enableAuthentication(etcd);
      try (EtcdRegistry registry =
          EtcdRegistry.builder()
              .endpoints(etcd.endpoint())
              .user("root", RIGHT)
              .ttl(Duration.ofSeconds(3))
              .connect()) {
        Seen seen = RegistryContract.watched(registry, "shop");
        Registration registration = registry.register("shop", Endpoint.of("a", "10.0.0.1", 1));
        RegistryContract.soon("registered", () -> World.is(registration, State.REGISTERED));
        RegistryContract.soon("seen", () -> seen.ids().size() == 1);
        int from = seen.all().size() - 1;
        RegistryContract.soon("two tokens expired", () -> registry.health().linkLosses() >= 2);
        RegistryContract.soon("let in again", () -> registry.health().linked());
        assertThat(registration.history())
            .extracting(Status::state)
            .containsExactly(State.REGISTERING, State.REGISTERED);
        assertThat(seen.all().stream().skip(from).map(Seen::ids))
            .allSatisfy(ids -> assertThat(ids).containsExactly("a"));
      }
    }
  }

  @Test
  void aTokenOfBeforeARestartIsFetchedAnew() {
    try (RealEtcd etcd = RealEtcd.start(EtcdRelease.INSTALLED)) {
      enableAuthentication(etcd);
      try (EtcdRegistry registry =
          EtcdRegistry.builder().endpoints(etcd.endpoint()).user("root", RIGHT).connect()) {
        Registration registration = registry.register("shop", Endpoint.of("a", "10.0.0.1", 1));
        RegistryContract.soon("registered", () -> World.is(registration, State.REGISTERED));
        etcd.restart();
        RegistryContract.soon("loss noticed", () -> registry.health().linkLosses() > 0);
        RegistryContract.soon("let in again", () -> registry.health().linked());
        registration.update(registration.endpoint().withWeight(7)).toCompletableFuture().join();
      }
    }
  }

  @Test
  void aWrongAuthorityIsNamedOnceAndWorksWhenTheCertificateIsReplaced(@TempDir Path directory)
      throws IOException {
    Certificates ours = Certificates.create(directory, "ours");
    Certificates others = Certificates.create(directory, "others");
    Path certificate = directory.resolve("etcd.pem");
    Path key = directory.resolve("etcd.key");
    others.sign(certificate, key);
    try (RealEtcd etcd = RealEtcd.builder(EtcdRelease.INSTALLED).tls(certificate, key).start();
        LogLines log = LogLines.start();
        EtcdRegistry registry =
            EtcdRegistry.builder().endpoints(etcd.endpoint()).trust(ours.authority()).connect()) {
      Seen seen = RegistryContract.watched(registry, "shop");
      RegistryContract.soon("refused", () -> !seen.failure().isEmpty());
      assertThat(seen.failure()).contains(etcd.endpoint(), "no TLS connection", "check the CA");
      attempts(registry, 3);
      assertThat(log.with(etcd.endpoint() + ": no TLS connection")).hasSize(1);
      // etcd reads its certificate again for each connection.
      Path fresh = directory.resolve("fresh.pem");
      Path freshKey = directory.resolve("fresh.key");
      ours.sign(fresh, freshKey);
      Files.copy(freshKey, key, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
      Files.copy(fresh, certificate, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
      RegistryContract.soon("trusted", seen::absent);
    }
  }

  @Test
  void mutualTlsWorksAndAMissingClientCertificateIsNamed(@TempDir Path directory) {
    Certificates ours = Certificates.create(directory, "ours");
    Path certificate = directory.resolve("etcd.pem");
    Path key = directory.resolve("etcd.key");
    ours.sign(certificate, key);
    try (RealEtcd etcd =
            RealEtcd.builder(EtcdRelease.INSTALLED)
                .tls(certificate, key)
                .clientCertificates(ours.authority())
                .start();
        EtcdRegistry bare =
            EtcdRegistry.builder().endpoints(etcd.endpoint()).trust(ours.authority()).connect();
        EtcdRegistry good =
            EtcdRegistry.builder()
                .endpoints(etcd.endpoint())
                .trust(ours.authority())
                .clientCertificate(certificate, key)
                .connect()) {
      Seen seen = RegistryContract.watched(good, "shop");
      RegistryContract.soon("trusted", seen::absent);
      Seen refused = RegistryContract.watched(bare, "shop");
      RegistryContract.soon("refused", () -> !refused.failure().isEmpty());
      assertThat(refused.failure()).contains(etcd.endpoint());
    }
  }

  private static void enableAuthentication(RealEtcd etcd) {
    try (Client operator = Client.builder().endpoints(etcd.endpoint()).build()) {
      get(operator.getAuthClient().userAdd(bytes("root"), bytes(RIGHT)));
      get(operator.getAuthClient().userGrantRole(bytes("root"), bytes("root")));
      get(operator.getAuthClient().authEnable());
    }
  }

  private static Client operator(RealEtcd etcd) {
    return Client.builder()
        .endpoints(etcd.endpoint())
        .user(bytes("root"))
        .password(bytes(RIGHT))
        .build();
  }

  private static ByteSequence bytes(String text) {
    return ByteSequence.from(text, StandardCharsets.UTF_8);
  }

  private static void get(CompletableFuture<?> future) {
    try {
      future.get(30, TimeUnit.SECONDS);
    } catch (InterruptedException | ExecutionException | TimeoutException e) {
      throw new AssertionError("the operator's request failed", e);
    }
  }
}
