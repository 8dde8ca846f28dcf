package io.fairlead.security.spiffe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.fairlead.security.TlsFiles;
import io.fairlead.security.spiffe.internal.X509SVID;
import io.fairlead.security.spiffe.internal.X509SVIDResponse;
import io.fairlead.testkit.LogCapture;
import io.fairlead.testkit.ManualClock;
import io.grpc.Status;
import java.io.IOException;
import java.net.SocketException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** In virtual time, with an agent that the test plays. */
class SpiffeSourceTest {
  private static final Duration HOUR = Duration.ofHours(1);
  private static final Path CHAIN = Path.of("SPIFFE", "svid.pem");
  private static final Path SOCKET = Path.of("/run/agent.sock");

  @TempDir Path directory;

  private final ManualClock clock = ManualClock.create();
  private final PlayedAgent agent = new PlayedAgent();
  private @Nullable Identities made;

  private Identities identities() {
    if (made == null) {
      made = new Identities(directory);
    }
    return made;
  }

  private SpiffeSource open(SpiffeSource.Builder builder) {
    SpiffeSource source = builder.open(agent, clock.scheduler(), Instant::now);
    clock.runDue();
    return source;
  }

  private void say(X509SVIDResponse response) {
    agent.listener().received(response);
    clock.runDue();
  }

  private void end(String why) {
    agent.listener().ended(why);
    clock.runDue();
  }

  private static final class PlayedAgent implements Agent {
    private final List<Listener> opened = new ArrayList<>();
    private int closedStreams;
    private boolean closed;

    @Override
    public Stream open(Listener listener) {
      opened.add(listener);
      return () -> closedStreams++;
    }

    Listener listener() {
      return opened.get(opened.size() - 1);
    }

    @Override
    public void close() {
      closed = true;
    }
  }

  @Test
  void anAgentThatIsAwayLeavesTheLastCertificateInUseAndOneLineInTheLog() throws Exception {
    try (LogCapture log = LogCapture.of(SpiffeSource.class.getName());
        SpiffeSource source = open(SpiffeSource.builder())) {
      say(identities().response(Identities.INVENTORY, HOUR));
      String before = source.forServer().read(CHAIN);
      end("the agent is away");
      for (int i = 0; i < 10; i++) {
        clock.advance(Duration.ofSeconds(30));
        end("still away");
      }
      assertThat(source.forServer().read(CHAIN)).isEqualTo(before);
      assertThat(source.ready()).isTrue();
      assertThat(source.status().failure()).contains("still away");
      assertThat(log.with("stays in use"))
          .singleElement()
          .asString()
          .contains("the agent is away; the certificate " + Identities.INVENTORY);
      clock.advance(Duration.ofSeconds(30));
      say(identities().response(Identities.INVENTORY, HOUR));
      assertThat(source.status().failure()).isEmpty();
      assertThat(source.status().updates()).isEqualTo(2);
      assertThat(log.with("gave this process the certificate")).hasSize(2);
    }
  }

  @Test
  void anAgentThatIsAwayIsAskedLessAndLessOften() {
    try (SpiffeSource source = open(SpiffeSource.builder())) {
      assertThat(agent.opened).hasSize(1);
      for (int seconds : new int[] {1, 2, 4, 8, 16, 30, 30}) {
        int asked = agent.opened.size();
        end("away");
        clock.advance(Duration.ofSeconds(seconds).minusMillis(1));
        assertThat(agent.opened).hasSize(asked);
        clock.advance(Duration.ofMillis(1));
        assertThat(agent.opened).hasSize(asked + 1);
      }
      say(identities().response(Identities.INVENTORY, HOUR));
      end("away again");
      int asked = agent.opened.size();
      clock.advance(Duration.ofSeconds(1));
      assertThat(agent.opened).hasSize(asked + 1);
      assertThat(source.ready()).isTrue();
    }
  }

  /** Its certificate is valid for two hours, of which one is over. */
  private SpiffeSource openWithCertificate() {
    Instant start = Instant.now();
    SpiffeSource source =
        SpiffeSource.builder().open(agent, clock.scheduler(), () -> start.plus(clock.elapsed()));
    clock.runDue();
    say(identities().response(Identities.INVENTORY, HOUR));
    return source;
  }

  @Test
  void anAgentThatHangsIsLeftForANewStreamBeforeTheCertificateEnds() {
    try (SpiffeSource source = openWithCertificate()) {
      Agent.Listener hanging = agent.listener();
      clock.advance(Duration.ofMinutes(29));
      assertThat(agent.opened).hasSize(1);
      clock.advance(Duration.ofMinutes(2));
      assertThat(agent.opened).hasSize(2);
      assertThat(agent.closedStreams).isEqualTo(1);
      hanging.ended("closed by this process");
      say(identities().response(Identities.INVENTORY, HOUR.multipliedBy(4)));
      assertThat(source.status().updates()).isEqualTo(2);
      assertThat(source.status().failure()).isEmpty();
      clock.advance(HOUR);
      assertThat(agent.opened).as("the next certificate is not late").hasSize(2);
    }
  }

  @Test
  void anAgentThatGoesOnHangingIsAskedUntilItAnswersAndOneLineSaysSo() {
    try (LogCapture log = LogCapture.of(SpiffeSource.class.getName());
        SpiffeSource source = openWithCertificate()) {
      clock.advance(Duration.ofMinutes(90));
      assertThat(source.status().failure())
          .contains("the agent took a new stream and does not answer on it");
      assertThat(log.with("does not answer on it"))
          .singleElement()
          .asString()
          .contains("the certificate " + Identities.INVENTORY);
      int asked = agent.opened.size();
      assertThat(agent.closedStreams).isEqualTo(asked - 1);
      clock.advance(Duration.ofSeconds(30));
      assertThat(agent.opened).hasSize(asked + 1);
      say(identities().response(Identities.INVENTORY, HOUR.multipliedBy(4)));
      assertThat(source.status().failure()).isEmpty();
      assertThat(source.ready()).isTrue();
    }
  }

  @Test
  void anAgentThatIsAliveAndHasNothingNewerIsNoFailure() {
    try (LogCapture log = LogCapture.of(SpiffeSource.class.getName());
        SpiffeSource source = openWithCertificate()) {
      X509SVIDResponse same = identities().response(Identities.INVENTORY, HOUR);
      say(same);
      for (int i = 0; i < 10; i++) {
        clock.advance(Duration.ofMinutes(5));
        say(same);
      }
      assertThat(agent.opened).hasSizeGreaterThan(2);
      assertThat(source.status().failure()).isEmpty();
      assertThat(log.warnings()).isEmpty();
    }
  }

  @Test
  void aCertificateThatHasEndedWithoutAnAgentIsNotReadyAndSaysWhy() {
    Instant[] now = {Instant.now()};
    try (SpiffeSource source =
        SpiffeSource.builder().open(agent, clock.scheduler(), () -> now[0])) {
      clock.runDue();
      assertThatThrownBy(source::ready).hasMessage("the agent has not given a certificate");
      say(identities().response(Identities.INVENTORY, HOUR));
      assertThat(source.ready()).isTrue();
      end("nobody listens");
      now[0] = now[0].plus(Duration.ofHours(2));
      assertThatThrownBy(source::ready)
          .hasMessageStartingWith("the certificate " + Identities.INVENTORY + " has ended at ")
          .hasMessageEndingWith(": nobody listens");
    }
  }

  @Test
  void anAnswerThatCannotBeUsedReplacesNothing() throws Exception {
    X509SVID good = identities().svid(Identities.INVENTORY, HOUR);
    try (SpiffeSource source = open(SpiffeSource.builder())) {
      say(X509SVIDResponse.newBuilder().addSvids(good).build());
      String before = source.forServer().read(CHAIN);
      assertRefused(source, good.toBuilder().clearBundle(), "the bundle that the agent sent");
      assertRefused(
          source,
          good.toBuilder().setX509Svid(ByteString.copyFromUtf8("no certificate")),
          "the certificate that the agent sent");
      assertRefused(source, good.toBuilder().clearX509SvidKey(), "has no key");
      assertRefused(
          source,
          good.toBuilder().setSpiffeId(Identities.BILLING),
          "the certificate for " + Identities.BILLING + " has " + Identities.INVENTORY + " in it");
      say(X509SVIDResponse.getDefaultInstance());
      assertThat(source.status().failure()).contains("the agent sent no certificate");
      assertThat(source.forServer().read(CHAIN)).isEqualTo(before);
      assertThat(source.status().updates()).isEqualTo(1);
    }
  }

  private void assertRefused(SpiffeSource source, X509SVID.Builder svid, String why) {
    say(X509SVIDResponse.newBuilder().addSvids(svid).build());
    assertThat(source.status().failure())
        .hasValueSatisfying(text -> assertThat(text).contains(why));
  }

  @Test
  void ofSeveralIdsTheFirstIsUsedOrTheOneThatWasAskedFor() {
    X509SVIDResponse both =
        X509SVIDResponse.newBuilder()
            .addSvids(identities().svid(Identities.BILLING, HOUR))
            .addSvids(identities().svid(Identities.INVENTORY, HOUR))
            .build();
    try (SpiffeSource first = open(SpiffeSource.builder())) {
      say(both);
      assertThat(first.status().spiffeId()).contains(Identities.BILLING);
    }
    try (SpiffeSource named = open(SpiffeSource.builder().spiffeId(Identities.INVENTORY))) {
      say(both);
      assertThat(named.status().spiffeId()).contains(Identities.INVENTORY);
    }
    try (SpiffeSource missing = open(SpiffeSource.builder().spiffeId("spiffe://shop.example/x"))) {
      say(both);
      assertThat(missing.status().failure())
          .contains(
              "the agent gives this process "
                  + Identities.BILLING
                  + ", "
                  + Identities.INVENTORY
                  + ", and not spiffe://shop.example/x; register it, or change spiffeId(...)");
    }
  }

  @Test
  void theBundleOfAFederatedDomainIsUsedOnlyIfItWasAskedForAndIsReplacedLikeTheOwn()
      throws Exception {
    X509SVIDResponse alone = identities().response(Identities.INVENTORY, HOUR);
    Identities partner = new Identities(directory);
    X509SVIDResponse both =
        alone.toBuilder().putFederatedBundles("spiffe://partner.example", partner.bundle()).build();
    try (SpiffeSource asks = open(SpiffeSource.builder().federate("partner.example"))) {
      say(alone);
      TlsFiles files = asks.forServer();
      Path bundle = Objects.requireNonNull(files.trustDomains().get("partner.example"));
      assertThat(files.read(bundle)).as("nobody of it is trusted yet").isEmpty();
      say(both);
      assertThat(files.read(bundle)).startsWith("-----BEGIN CERTIFICATE-----");
      assertThat(files.read(bundle)).isNotEqualTo(files.read(Path.of("SPIFFE", "bundle.pem")));
      assertThat(asks.status().updates()).isEqualTo(2);
      say(
          both.toBuilder()
              .putFederatedBundles("spiffe://partner.example", ByteString.copyFromUtf8("none"))
              .build());
      assertThat(asks.status().failure())
          .hasValueSatisfying(
              why -> assertThat(why).startsWith("the bundle of partner.example that the agent"));
      assertThat(files.read(bundle)).as("the last good one").isNotEmpty();
    }
    try (SpiffeSource other = open(SpiffeSource.builder())) {
      say(both);
      assertThat(other.forServer().trustDomains()).isEmpty();
    }
    assertThatThrownBy(() -> SpiffeSource.builder().federate("spiffe://partner.example"))
        .hasMessageContaining("write it as partner.example");
  }

  @Test
  void aSourceThatIsClosedLetsTheAgentGoAndKeepsItsCertificate() throws Exception {
    SpiffeSource source = open(SpiffeSource.builder());
    say(identities().response(Identities.INVENTORY, HOUR));
    TlsFiles files = source.forServer();
    source.close();
    clock.runDue();
    assertThat(agent.closed).isTrue();
    end("over");
    clock.advance(Duration.ofMinutes(1));
    assertThat(agent.opened).hasSize(1);
    assertThat(files.read(CHAIN)).startsWith("-----BEGIN CERTIFICATE-----");
  }

  @Test
  void eachFaultOfASocketSaysWhatToDo() {
    assertThat(SocketAgent.reason(SOCKET, false, Status.UNAVAILABLE))
        .isEqualTo(
            "there is no socket /run/agent.sock; start the agent, mount its socket, or set"
                + " SPIFFE_ENDPOINT_SOCKET");
    assertThat(SocketAgent.reason(SOCKET, true, caused("Permission denied")))
        .isEqualTo(
            "this user may not connect to /run/agent.sock; give it write permission on the socket");
    assertThat(SocketAgent.reason(SOCKET, true, caused("Connection refused")))
        .isEqualTo("nobody listens at /run/agent.sock; start the agent");
    assertThat(
            SocketAgent.reason(
                SOCKET, true, Status.PERMISSION_DENIED.withDescription("no identity issued")))
        .isEqualTo(
            "the agent at /run/agent.sock has no certificate for this process: no identity issued;"
                + " register the workload, and check that its selectors fit");
    assertThat(SocketAgent.reason(SOCKET, true, Status.OK))
        .isEqualTo("the agent at /run/agent.sock ended the stream");
    assertThat(SocketAgent.reason(SOCKET, true, Status.UNIMPLEMENTED.withDescription("what")))
        .isEqualTo("/run/agent.sock is no Workload API of SPIFFE: what");
    assertThat(SocketAgent.reason(SOCKET, true, Status.INTERNAL.withDescription("oh")))
        .isEqualTo("the agent at /run/agent.sock failed with INTERNAL: oh");
  }

  private static Status caused(String message) {
    return Status.UNAVAILABLE
        .withDescription("io exception")
        .withCause(new IOException("Annotated", new SocketException(message)));
  }

  @Test
  void anAddressIsASocketOfTheMachine() {
    assertThat(SpiffeSource.Builder.path("unix:///run/agent.sock")).isEqualTo(SOCKET);
    assertThat(SpiffeSource.Builder.path("unix:/run/agent.sock")).isEqualTo(SOCKET);
    assertThat(SpiffeSource.Builder.path("/run/agent.sock")).isEqualTo(SOCKET);
    for (String wrong : List.of("tcp://127.0.0.1:8000", "run/agent.sock", "unix://run/a", ":")) {
      assertThatThrownBy(() -> SpiffeSource.Builder.path(wrong))
          .hasMessageContaining("write it as unix:///run/spire/agent.sock");
    }
    assertThatThrownBy(() -> SpiffeSource.Builder.path(null))
        .hasMessageStartingWith(
            "nobody says where the agent of SPIFFE is; set SPIFFE_ENDPOINT_SOCKET");
  }

  @Test
  void aChannelThatNamesNoServerWouldTakeAnyOne() {
    try (SpiffeSource source = open(SpiffeSource.builder())) {
      assertThatThrownBy(source::forClient).hasMessageContaining("names no server");
      assertThatThrownBy(() -> source.forClient("spiffe://shop*"))
          .hasMessageContaining("is no SPIFFE id");
    }
  }
}
