package io.fairlead.registry.etcd;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.discovery.Endpoint;
import io.fairlead.discovery.Registration;
import io.fairlead.discovery.Registration.State;
import io.fairlead.discovery.Registration.Status;
import io.fairlead.testkit.EtcdRelease;
import io.fairlead.testkit.FaultyProxy;
import io.fairlead.testkit.LogCapture;
import io.fairlead.testkit.RealEtcd;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A real etcd that refuses us: one clear line says so, and all is well when that is mended. */
@Execution(ExecutionMode.CONCURRENT)
final class RefusalsIT {
  private static final String RIGHT = "right";

  private static final Duration PATIENCE = Duration.ofMinutes(1);

  /** Attempts in quick succession, to see more than one of them. */
  private static final EtcdTimeouts TIMING =
      EtcdTimeouts.DEFAULT.withMaxBackoffWhenRejected(Duration.ofMillis(300));

  @ParameterizedTest
  @EnumSource
  void aWrongPasswordIsNamedOnceAndWorksWhenItIsMade(EtcdRelease release) throws Exception {
    try (RealEtcd etcd = RealEtcd.start(release);
        FaultyProxy proxy = FaultyProxy.to("127.0.0.1", etcd.port());
        LogCapture log = LogCapture.of("io.fairlead.registry.etcd")) {
      enableAuthentication(etcd);
      String endpoint = "http://" + proxy.authority();
      try (EtcdRegistry registry =
          EtcdRegistry.builder()
              .endpoints(endpoint)
              .timeouts(TIMING)
              .user("root", "wrong")
              .connect()) {
        RecordedResolutions recordedResolutions = RegistryContract.watched(registry, "shop");
        RegistryContract.soon("refused", () -> !recordedResolutions.failure().isEmpty());
        assertThat(recordedResolutions.failure())
            .contains(endpoint, "user root", "authentication failed")
            .contains("check user and password");
        proxy.awaitAccepted(3, PATIENCE);
        assertThat(registry.health().linked()).isFalse();
        assertThat(log.with("etcd at " + endpoint + " refuses it")).hasSize(1);
        try (Operator operator = Operator.rootAt(etcd.endpoint(), RIGHT)) {
          operator.changePassword("wrong");
        }
        RegistryContract.soon("let in", recordedResolutions::absent);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void anExpiredTokenIsFetchedAnewAndNothingIsLost(EtcdRelease release, @TempDir Path directory) {
    Path privateKey = directory.resolve("jwt.key");
    Path publicKey = directory.resolve("jwt.pub");
    Certificates.run("openssl genrsa -out " + privateKey + " 2048");
    Certificates.run("openssl rsa -in " + privateKey + " -pubout -out " + publicKey);
    String token =
        "jwt,pub-key=" + publicKey + ",priv-key=" + privateKey + ",sign-method=RS256,ttl=2s";
    try (RealEtcd etcd = RealEtcd.builder(release).arguments("--auth-token", token).start()) {
      enableAuthentication(etcd);
      try (EtcdRegistry registry =
          EtcdRegistry.builder()
              .endpoints(etcd.endpoint())
              .user("root", RIGHT)
              .ttl(Duration.ofSeconds(3))
              .connect()) {
        RecordedResolutions recordedResolutions = RegistryContract.watched(registry, "shop");
        Registration registration = registry.register("shop", Endpoint.of("a", "10.0.0.1", 1));
        RegistryContract.soon("registered", () -> World.is(registration, State.REGISTERED));
        RegistryContract.soon("seen", () -> recordedResolutions.ids().size() == 1);
        int from = recordedResolutions.all().size() - 1;
        RegistryContract.soon("two tokens expired", () -> registry.health().linkLosses() >= 2);
        RegistryContract.soon("let in again", () -> registry.health().linked());
        assertThat(registration.history())
            .extracting(Status::state)
            .containsExactly(State.REGISTERING, State.REGISTERED);
        assertThat(recordedResolutions.all().stream().skip(from).map(RecordedResolutions::ids))
            .allSatisfy(ids -> assertThat(ids).containsExactly("a"));
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void aTokenOfBeforeARestartIsFetchedAnew(EtcdRelease release) {
    try (RealEtcd etcd = RealEtcd.start(release)) {
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

  @ParameterizedTest
  @EnumSource
  void aWrongAuthorityIsNamedOnceAndWorksWhenTheCertificateIsReplaced(
      EtcdRelease release, @TempDir Path directory) throws Exception {
    Certificates ours = Certificates.create(directory, "ours");
    Certificates others = Certificates.create(directory, "others");
    Path certificate = directory.resolve("etcd.pem");
    Path key = directory.resolve("etcd.key");
    others.sign(certificate, key);
    try (RealEtcd etcd = RealEtcd.builder(release).tls(certificate, key).start();
        FaultyProxy proxy = FaultyProxy.to("127.0.0.1", etcd.port());
        LogCapture log = LogCapture.of("io.fairlead.registry.etcd");
        EtcdRegistry registry =
            EtcdRegistry.builder()
                .endpoints("https://" + proxy.authority())
                .timeouts(TIMING)
                .trust(ours.authority())
                .connect()) {
      RecordedResolutions recordedResolutions = RegistryContract.watched(registry, "shop");
      RegistryContract.soon("refused", () -> !recordedResolutions.failure().isEmpty());
      assertThat(recordedResolutions.failure())
          .contains("https://" + proxy.authority(), "no TLS connection", "check the CA");
      proxy.awaitAccepted(3, PATIENCE);
      assertThat(log.with(proxy.authority() + ": no TLS connection")).hasSize(1);
      // etcd reads its certificate again for each connection.
      Path fresh = directory.resolve("fresh.pem");
      Path freshKey = directory.resolve("fresh.key");
      ours.sign(fresh, freshKey);
      Files.copy(freshKey, key, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
      Files.copy(fresh, certificate, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
      RegistryContract.soon("trusted", recordedResolutions::absent);
    }
  }

  @ParameterizedTest
  @EnumSource
  void mutualTlsWorksAndAMissingClientCertificateIsNamed(
      EtcdRelease release, @TempDir Path directory) {
    Certificates ours = Certificates.create(directory, "ours");
    Path certificate = directory.resolve("etcd.pem");
    Path key = directory.resolve("etcd.key");
    ours.sign(certificate, key);
    try (RealEtcd etcd =
            RealEtcd.builder(release)
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
      RecordedResolutions recordedResolutions = RegistryContract.watched(good, "shop");
      RegistryContract.soon("trusted", recordedResolutions::absent);
      RecordedResolutions refused = RegistryContract.watched(bare, "shop");
      RegistryContract.soon("refused", () -> !refused.failure().isEmpty());
      assertThat(refused.failure()).contains(etcd.endpoint());
    }
  }

  private static void enableAuthentication(RealEtcd etcd) {
    try (Operator operator = Operator.at(etcd.endpoint())) {
      operator.enableAuthentication(RIGHT);
    }
  }
}
