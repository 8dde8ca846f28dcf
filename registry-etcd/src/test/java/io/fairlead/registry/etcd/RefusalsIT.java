package io.fairlead.registry.etcd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.fairlead.client.RpcChannel;
import io.fairlead.discovery.Endpoint;
import io.fairlead.discovery.Registration;
import io.fairlead.discovery.Registration.State;
import io.fairlead.discovery.Registration.Status;
import io.fairlead.observe.CallExplanation;
import io.fairlead.security.TlsFiles;
import io.fairlead.testkit.Certificates;
import io.fairlead.testkit.EtcdRelease;
import io.fairlead.testkit.FaultyProxy;
import io.fairlead.testkit.LogCapture;
import io.fairlead.testkit.RealEtcd;
import io.fairlead.testkit.TestAuthority;
import io.grpc.CallOptions;
import io.grpc.MethodDescriptor;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.stub.ClientCalls;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
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
  void anEtcdInThePlaceOfAServerIsToldFromAServer(EtcdRelease release) {
    MethodDescriptor<HealthCheckRequest, HealthCheckResponse> reserve =
        HealthGrpc.getCheckMethod().toBuilder()
            .setFullMethodName("shop.v1.Inventory/Reserve")
            .build();
    try (RealEtcd etcd = RealEtcd.start(release);
        RpcChannel channel = RpcChannel.to(etcd.address()).build()) {
      StatusRuntimeException failure =
          catchThrowableOfType(
              StatusRuntimeException.class,
              () ->
                  ClientCalls.blockingUnaryCall(
                      channel,
                      reserve,
                      CallOptions.DEFAULT,
                      HealthCheckRequest.getDefaultInstance()));
      assertThat(failure).hasMessage("UNIMPLEMENTED: unknown service shop.v1.Inventory");
      assertThat(CallExplanation.of(failure).orElseThrow().headline())
          .endsWith(
              "; is this the right server, and is the service bound there? If it is an etcd, write"
                  + " \"etcd://"
                  + etcd.address()
                  + "/service\", or \"etcd:///service\" with .registry(...)");
    }
  }

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

  /** Credentials first, then authentication on; and off again before they are taken away. */
  @ParameterizedTest
  @EnumSource
  void authenticationGoesOnAndOffUnderRegistriesWithCredentials(EtcdRelease release) {
    try (RealEtcd etcd = RealEtcd.start(release);
        LogCapture log = LogCapture.of("io.fairlead.registry.etcd");
        EtcdRegistry registry =
            EtcdRegistry.builder()
                .endpoints(etcd.endpoint())
                .timeouts(TIMING.withTtl(Duration.ofSeconds(3)))
                .user("root", RIGHT)
                .connect()) {
      Registration registration = registry.register("shop", Endpoint.of("a", "10.0.0.1", 1));
      RecordedResolutions resolutions = RegistryContract.watched(registry, "shop");
      RegistryContract.soon("registered", () -> World.is(registration, State.REGISTERED));
      RegistryContract.soon("seen", () -> resolutions.ids().equals(List.of("a")));
      assertThat(log.with(etcd.endpoint() + ": link up")).hasSize(1);
      assertThat(log.with("its authentication is off, so user root is not used")).isNotEmpty();
      int from = resolutions.all().size() - 1;

      enableAuthentication(etcd);
      registration.update(registration.endpoint().withWeight(7)).toCompletableFuture().join();
      RegistryContract.soon("seen", () -> resolutions.endpoint("a").weight() == 7);
      RealTime.pass(Duration.ofSeconds(4));

      try (Operator operator = Operator.rootAt(etcd.endpoint(), RIGHT)) {
        operator.disableAuthentication();
      }
      registration.update(registration.endpoint().withWeight(8)).toCompletableFuture().join();
      RegistryContract.soon("seen", () -> resolutions.endpoint("a").weight() == 8);
      RealTime.pass(Duration.ofSeconds(4));
      etcd.restart();
      RegistryContract.soon("loss noticed", () -> registry.health().linkLosses() > 0);
      RegistryContract.soon("linked", () -> registry.health().linked());
      registration.update(registration.endpoint().withWeight(9)).toCompletableFuture().join();

      assertThat(registration.history())
          .extracting(Status::state)
          .containsExactly(State.REGISTERING, State.REGISTERED);
      assertThat(resolutions.all().stream().skip(from).map(RecordedResolutions::ids))
          .allSatisfy(ids -> assertThat(ids).containsExactly("a"));
    }
  }

  /** Authentication on before the credentials are there: what is lost says so, and comes back. */
  @ParameterizedTest
  @EnumSource
  void authenticationWithoutCredentialsIsNamedAndMendedByThem(EtcdRelease release) {
    try (RealEtcd etcd = RealEtcd.start(release);
        LogCapture log = LogCapture.of("io.fairlead.registry.etcd");
        EtcdRegistry old =
            EtcdRegistry.builder()
                .endpoints(etcd.endpoint())
                .timeouts(TIMING.withTtl(Duration.ofSeconds(3)))
                .connect()) {
      Registration registration = old.register("shop", Endpoint.of("a", "10.0.0.1", 1));
      RecordedResolutions resolutions = RegistryContract.watched(old, "shop");
      RegistryContract.soon("registered", () -> World.is(registration, State.REGISTERED));
      RegistryContract.soon("seen", () -> resolutions.ids().equals(List.of("a")));
      enableAuthentication(etcd);
      RegistryContract.soon("lost", () -> World.is(registration, State.LOST));
      assertThat(old.health().lastError().orElseThrow())
          .contains(etcd.endpoint(), "its authentication is on: set user and password");
      assertThat(log.with("link down").stream().filter(line -> line.contains(etcd.endpoint())))
          .hasSize(1);
      // Nothing is thrown away meanwhile.
      assertThat(resolutions.ids()).containsExactly("a");
      try (EtcdRegistry fresh =
          EtcdRegistry.builder().endpoints(etcd.endpoint()).user("root", RIGHT).connect()) {
        Registration again = fresh.register("shop", Endpoint.of("a", "10.0.0.1", 1));
        RegistryContract.soon("registered", () -> World.is(again, State.REGISTERED));
      }
    }
  }

  /** Deletions are all that a full etcd still takes, and so all that a good-bye can be. */
  @ParameterizedTest
  @EnumSource
  void aFullEtcdIsNamedAndAGoodbyeStillTakesEffect(EtcdRelease release) throws Exception {
    try (RealEtcd etcd =
            RealEtcd.builder(release).arguments("--quota-backend-bytes", "2000000").start();
        Operator operator = Operator.at(etcd.endpoint());
        LogCapture log = LogCapture.of("io.fairlead.registry.etcd");
        EtcdRegistry registry =
            EtcdRegistry.builder().endpoints(etcd.endpoint()).timeouts(TIMING).connect();
        EtcdRegistry newcomer =
            EtcdRegistry.builder().endpoints(etcd.endpoint()).timeouts(TIMING).connect()) {
      Registration leaving = registry.register("shop", Endpoint.of("a", "10.0.0.1", 1));
      Registration staying = registry.register("shop", Endpoint.of("b", "10.0.0.2", 1));
      Registration third = registry.register("shop", Endpoint.of("c", "10.0.0.3", 1));
      RecordedResolutions resolutions = RegistryContract.watched(newcomer, "shop");
      RegistryContract.soon("seen", () -> resolutions.ids().equals(List.of("a", "b", "c")));
      operator.fill();

      Registration late = registry.register("shop", Endpoint.of("d", "10.0.0.4", 1));
      Registration first = newcomer.register("shop", Endpoint.of("e", "10.0.0.5", 1));
      CompletableFuture<Void> changed =
          staying.update(staying.endpoint().withWeight(7)).toCompletableFuture();
      for (Registration one : List.of(late, first, staying)) {
        RegistryContract.soon(
            one + " says why", () -> one.status().detail().contains("no space left"));
      }
      assertThat(World.is(staying, State.REGISTERED)).isTrue();
      assertThat(registry.health().linked()).isTrue();
      assertThat(registry.health().lastError().orElseThrow())
          .contains(etcd.endpoint(), "no space left", "disarm its alarm");
      // Of either registry, however often it tries.
      assertThat(
              log.with("no space left").stream()
                  .filter(line -> line.contains(etcd.endpoint()))
                  .filter(line -> line.contains("etcd registry: ")))
          .hasSize(2);

      leaving.drain().toCompletableFuture().get(30, TimeUnit.SECONDS);
      assertThat(operator.get("shop/a")).isEmpty();
      RegistryContract.soon("gone", () -> resolutions.ids().equals(List.of("b", "c")));
      third.close();
      assertThat(operator.get("shop/c")).isEmpty();

      operator.makeSpace(etcd.endpoint());
      RegistryContract.soon("let in", () -> World.is(late, State.REGISTERED));
      RegistryContract.soon("let in", () -> World.is(first, State.REGISTERED));
      changed.get(30, TimeUnit.SECONDS);
      assertThat(registry.health().lastError()).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource
  void anExpiredTokenIsFetchedAnewAndNothingIsLost(EtcdRelease release, @TempDir Path directory) {
    Path privateKey = directory.resolve("jwt.key");
    Path publicKey = directory.resolve("jwt.pub");
    Command.run("openssl genrsa -out " + privateKey + " 2048");
    Command.run("openssl rsa -in " + privateKey + " -pubout -out " + publicKey);
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
    TestAuthority ours = TestAuthority.create("ours");
    Certificates own = TestAuthority.create("others").leaf("etcd").write(directory);
    TlsFiles trust = TlsFiles.builder().trust(ours.write(directory.resolve("ours.pem"))).build();
    try (RealEtcd etcd = RealEtcd.builder(release).tls(own.certificate(), own.key()).start();
        FaultyProxy proxy = FaultyProxy.to("127.0.0.1", etcd.port());
        LogCapture log = LogCapture.of("io.fairlead.registry.etcd");
        EtcdRegistry registry =
            EtcdRegistry.builder()
                .endpoints("https://" + proxy.authority())
                .timeouts(TIMING)
                .tls(trust)
                .connect()) {
      RecordedResolutions recordedResolutions = RegistryContract.watched(registry, "shop");
      RegistryContract.soon("refused", () -> !recordedResolutions.failure().isEmpty());
      assertThat(recordedResolutions.failure())
          .contains("https://" + proxy.authority(), "no TLS connection", "check the CA");
      proxy.awaitAccepted(3, PATIENCE);
      assertThat(log.with(proxy.authority() + ": no TLS connection")).hasSize(1);
      // etcd reads its certificate again for each connection.
      ours.leaf("etcd").write(directory);
      RegistryContract.soon("trusted", recordedResolutions::absent);
    }
  }

  @ParameterizedTest
  @EnumSource
  void mutualTlsWorksAndAMissingClientCertificateIsNamed(
      EtcdRelease release, @TempDir Path directory) {
    TestAuthority ours = TestAuthority.create("ours");
    Path trust = ours.write(directory.resolve("ours.pem"));
    Certificates own = ours.leaf("etcd").write(directory);
    TlsFiles withoutCertificate = TlsFiles.builder().trust(trust).build();
    TlsFiles complete =
        TlsFiles.builder().trust(trust).certificate(own.certificate(), own.key()).build();
    try (RealEtcd etcd =
            RealEtcd.builder(release)
                .tls(own.certificate(), own.key())
                .clientCertificates(trust)
                .start();
        EtcdRegistry bare =
            EtcdRegistry.builder().endpoints(etcd.endpoint()).tls(withoutCertificate).connect();
        EtcdRegistry good =
            EtcdRegistry.builder().endpoints(etcd.endpoint()).tls(complete).connect()) {
      RecordedResolutions recordedResolutions = RegistryContract.watched(good, "shop");
      RegistryContract.soon("trusted", recordedResolutions::absent);
      RecordedResolutions refused = RegistryContract.watched(bare, "shop");
      RegistryContract.soon("refused", () -> !refused.failure().isEmpty());
      assertThat(refused.failure()).contains(etcd.endpoint());
    }
  }

  /** New authorities, and a new certificate: each is used on a new connection. */
  @ParameterizedTest
  @EnumSource
  void replacedCertificatesAreUsedWithoutALostRegistration(
      EtcdRelease release, @TempDir Path directory) throws Exception {
    TestAuthority old = TestAuthority.create("old");
    Path trust = old.write(directory.resolve("trust.pem"));
    Certificates own = old.leaf("etcd").write(directory);
    Path etcdTrust = directory.resolve("etcd-trust.pem");
    Files.copy(trust, etcdTrust);
    TlsFiles files =
        TlsFiles.builder()
            .trust(trust)
            .certificate(own.certificate(), own.key())
            .checkInterval(Duration.ofMillis(50))
            .build();
    try (RealEtcd etcd =
            RealEtcd.builder(release)
                .tls(own.certificate(), own.key())
                .clientCertificates(etcdTrust)
                .start();
        LogCapture log = LogCapture.of("io.fairlead");
        EtcdRegistry registry =
            EtcdRegistry.builder().endpoints(etcd.endpoint()).tls(files).connect()) {
      Registration registration = registry.register("shop", Endpoint.of("a", "10.0.0.1", 1));
      RegistryContract.soon("registered", () -> World.is(registration, State.REGISTERED));

      TestAuthority next = TestAuthority.create("new");
      // Both are trusted first, as one does: then the certificates follow.
      Files.writeString(
          trust,
          Files.readString(trust) + Files.readString(next.write(directory.resolve("new.pem"))));
      RegistryContract.soon("trust", () -> !log.with("took the authorities").isEmpty());
      RegistryContract.soon("replaced once", () -> registry.health().linkLosses() >= 1);
      RegistryContract.soon("linked", () -> registry.health().linked());
      old.leaf("etcd")
          .valid(Instant.now().minus(Duration.ofHours(1)), Instant.now().plus(Duration.ofDays(90)))
          .write(directory);
      RegistryContract.soon("certificate", () -> daysLeft(registry) > 80);
      RegistryContract.soon("replaced", () -> registry.health().linkLosses() >= 2);
      RegistryContract.soon("linked", () -> registry.health().linked());

      assertThat(log.with("is replaced, for new TLS files")).isNotEmpty();
      assertThat(registry.health().leaseLosses()).isZero();
      assertThat(registry.health().gauges())
          .anyMatch(each -> each.name().equals("fairlead.registry.certificate.left.seconds"));
      registration.update(registration.endpoint().withWeight(7)).toCompletableFuture().join();
    }
  }

  private static long daysLeft(EtcdRegistry registry) {
    return registry.health().certificateLeft().orElse(Duration.ZERO).toDays();
  }

  private static void enableAuthentication(RealEtcd etcd) {
    try (Operator operator = Operator.at(etcd.endpoint())) {
      operator.enableAuthentication(RIGHT);
    }
  }
}
