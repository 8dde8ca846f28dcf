package io.fairlead.scaling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.fairlead.testkit.TestAuthority;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicBoolean;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Against an HTTP server that plays the API server strictly. */
@Timeout(60)
class KubernetesDeploymentTest {
  private static final String DEPLOYMENT = "/apis/apps/v1/namespaces/shop/deployments/inventory";

  @TempDir Path folder;
  private PlayedApiServer server;
  private Path token;
  private Path trust;
  private KubernetesDeployment deployment;

  @BeforeEach
  void start() throws Exception {
    TestAuthority authority = TestAuthority.create("cluster");
    server = new PlayedApiServer(authority.leaf("localhost").write(folder));
    trust = authority.write(folder.resolve("ca.crt"));
    token = Files.writeString(folder.resolve("token"), "good\n");
    deployment =
        KubernetesDeployment.builder("inventory")
            .server(server.uri())
            .namespace("shop")
            .tokenFile(token)
            .caFile(trust)
            .build();
    server.replicas = 3;
    server.reconcile();
  }

  @AfterEach
  void close() {
    server.close();
  }

  private static Actuator.Order order(long fencingToken) {
    return new Actuator.Order(fencingToken, "as the test wants");
  }

  private static void fails(ThrowingCallable call, String... words) {
    assertThatExceptionOfType(IOException.class)
        .isThrownBy(call)
        .satisfies(e -> assertThat(e.getMessage()).contains(words));
  }

  @Test
  void podsThatAreBeingMadeCountOnce() throws Exception {
    assertThat(deployment.instances()).containsExactly("inventory-1", "inventory-2", "inventory-3");
    deployment.start(2, order(1));
    assertThat(server.replicas).isEqualTo(5);
    assertThat(deployment.instances())
        .as("the ReplicaSet has made none yet")
        .hasSize(5)
        .startsWith("inventory-1", "inventory-2", "inventory-3");
    server.reconcile();
    assertThat(deployment.instances()).hasSize(5).contains("inventory-5");
  }

  @Test
  void podsThatHaveEndedOrEndAreNone() throws Exception {
    server.addPod("inventory-old", "Failed");
    server.addPod("inventory-done", "Succeeded");
    assertThat(deployment.instances()).hasSize(3);
  }

  @Test
  void aServiceAtZeroCanGrow() throws Exception {
    server.replicas = 0;
    server.reconcile();
    assertThat(deployment.instances()).isEmpty();
    deployment.start(2, order(1));
    assertThat(server.replicas).isEqualTo(2);
  }

  @Test
  void thePodThatWasChosenGoesAndNoOther() throws Exception {
    deployment.stop(List.of("inventory-2"), order(1));
    assertThat(server.replicas).isEqualTo(2);
    assertThat(deployment.instances())
        .as("before the ReplicaSet has acted")
        .containsExactly("inventory-1", "inventory-3");
    server.reconcile();
    assertThat(server.live()).containsExactly("inventory-1", "inventory-3");
  }

  @Test
  void theReplicaSetTakesTheChosenPodIfOurDeletionFails() throws Exception {
    server.rights.remove("delete pods");
    fails(
        () -> deployment.stop(List.of("inventory-2"), order(1)),
        "the service account may not delete pods (403); add that to its role");
    server.reconcile();
    assertThat(server.live()).containsExactly("inventory-1", "inventory-3");
  }

  @Test
  void stoppingTwiceStopsOnce() throws Exception {
    server.rights.remove("delete pods");
    fails(() -> deployment.stop(List.of("inventory-2"), order(1)), "403");
    fails(() -> deployment.stop(List.of("inventory-2"), order(1)), "403");
    assertThat(server.replicas).isEqualTo(2);
    server.rights.add("delete pods");
    deployment.stop(List.of("inventory-2"), order(1));
    server.reconcile();
    deployment.stop(List.of("inventory-2"), order(1));
    assertThat(server.replicas).isEqualTo(2);
  }

  @Test
  void aPodIsStoppedAlsoWhileOthersAreBeingMade() throws Exception {
    deployment.start(2, order(1));
    deployment.stop(List.of("inventory-1", "inventory-2"), order(1));
    server.reconcile();
    assertThat(server.live())
        .containsExactly("inventory-3", "inventory-4", "inventory-5")
        .hasSize(3);
  }

  @Test
  void aChangeBySomebodyElseIsReadAgain() throws Exception {
    server.before.put(
        "PUT " + DEPLOYMENT + "/scale",
        () -> {
          server.replicas = 4;
          server.touch();
        });
    deployment.start(1, order(1));
    assertThat(server.replicas).as("one more than somebody else has set").isEqualTo(5);
  }

  @Test
  void whoHasASuccessorChangesNothing() throws Exception {
    deployment.start(1, order(7));
    assertThatExceptionOfType(StaleOrderException.class)
        .isThrownBy(() -> deployment.start(1, order(6)));
    assertThatExceptionOfType(StaleOrderException.class)
        .isThrownBy(() -> deployment.stop(List.of("inventory-1"), order(6)));
    assertThat(server.replicas).isEqualTo(4);
    assertThat(server.live()).hasSize(3);
  }

  @Test
  void aSuccessorThatComesBetweenCheckAndChangeWins() throws Exception {
    deployment.start(1, order(6));
    server.before.put(
        "PUT " + DEPLOYMENT + "/scale",
        () -> {
          server.annotations.put(KubernetesDeployment.TOKEN, "7");
          server.touch();
        });
    assertThatExceptionOfType(StaleOrderException.class)
        .isThrownBy(() -> deployment.start(1, order(6)));
    assertThat(server.replicas).isEqualTo(4);
  }

  @Test
  void aSuccessorThatComesBetweenTheTokenAndTheNumberWins() throws Exception {
    deployment.start(1, order(6));
    server.before.put(
        "GET " + DEPLOYMENT + "/scale",
        () -> {
          server.annotations.put(KubernetesDeployment.TOKEN, "7");
          server.touch();
        });
    assertThatExceptionOfType(StaleOrderException.class)
        .isThrownBy(() -> deployment.start(1, order(6)))
        .withMessageContaining(
            "remove the annotation fairlead.io/scaler-token of deployment shop/inventory");
    assertThat(server.replicas).isEqualTo(4);
  }

  @Test
  void whatIsNoPodOfTheDeploymentIsNotTouched() throws Exception {
    server.requests.clear();
    deployment.stop(
        List.of("billing-1", "inventory-2/eviction", "inventory-2?x=y", "../pods", "inventory#9"),
        order(1));
    assertThat(server.requests).noneMatch(each -> each.matches("(DELETE|PUT) .*|PATCH .*/pods/.*"));
    assertThat(server.live()).hasSize(3);
  }

  @Test
  void aPodThatIsOnlyPromisedCanBeTakenBack() throws Exception {
    deployment.start(1, order(1));
    deployment.stop(List.of("inventory#3"), order(1));
    assertThat(server.replicas).isEqualTo(3);
  }

  @Test
  void anAnswerThatDoesNotEndIsGivenUp() throws Exception {
    KubernetesDeployment impatient =
        KubernetesDeployment.builder("inventory")
            .server(server.uri())
            .namespace("shop")
            .tokenFile(token)
            .caFile(trust)
            .requestTimeout(Duration.ofMillis(500))
            .build();
    CountDownLatch end = new CountDownLatch(1);
    server.stall = end;
    try {
      fails(impatient::instances, "not all of it came within PT0.5S");
    } finally {
      end.countDown();
    }
  }

  @Test
  void anAnswerThatIsTooLongIsRefused() {
    var body = new KubernetesApi.BoundedBody(10);
    AtomicBoolean cancelled = new AtomicBoolean();
    body.onSubscribe(
        new Flow.Subscription() {
          @Override
          public void request(long n) {}

          @Override
          public void cancel() {
            cancelled.set(true);
          }
        });
    body.onNext(List.of(ByteBuffer.allocate(6)));
    body.onNext(List.of(ByteBuffer.allocate(6)));
    assertThat(cancelled).isTrue();
    assertThat(body.getBody().toCompletableFuture())
        .isCompletedExceptionally()
        .failsWithin(Duration.ofSeconds(30))
        .withThrowableThat()
        .withMessageContaining("longer than 10 bytes");
  }

  @Test
  void anAnswerThatIsNoneIsAFailureAsOthers() {
    server.nonsense = true;
    fails(() -> deployment.start(1, order(1)), "is not understood");
    fails(deployment::instances, "is not understood");
  }

  @Test
  void aTokenThatTheClusterHasReplacedIsReadAgain() throws Exception {
    server.tokens.clear();
    server.tokens.add("next");
    server.before.put("GET " + DEPLOYMENT + "/scale", () -> write(token, "next"));
    assertThat(deployment.instances()).hasSize(3);
    assertThat(server.requests)
        .startsWith("GET " + DEPLOYMENT + "/scale", "GET " + DEPLOYMENT + "/scale");
    write(token, "forged");
    fails(deployment::instances, "does not accept the token in " + token + " (401): Unauthorized");
    Files.delete(token);
    fails(deployment::instances, "the token of the service account cannot be read", "token");
  }

  private static void write(Path file, String text) {
    try {
      Files.writeString(file, text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void aMissingRightIsNamed() {
    server.rights.remove("update deployments/scale");
    fails(
        () -> deployment.start(1, order(1)),
        "the service account may not update deployments/scale (403); add that to its role: User"
            + " \"system:serviceaccount:shop:scaler\" cannot update");
  }

  @Test
  void aDeploymentThatIsNotThereIsNamed() {
    KubernetesDeployment other =
        KubernetesDeployment.builder("inventroy")
            .server(server.uri())
            .namespace("shop")
            .tokenFile(token)
            .caFile(trust)
            .build();
    fails(
        other::instances,
        "there is no /apis/apps/v1/namespaces/shop/deployments/inventroy/scale (404)");
  }

  @Test
  void anOverloadedServerIsGivenTheTimeThatItAsksFor() throws Exception {
    server.refusals.add(new String[] {"429", "0"});
    server.refusals.add(new String[] {"503", "0"});
    assertThat(deployment.instances()).hasSize(3);
    server.refusals.add(new String[] {"429", "60"});
    fails(deployment::instances, "too many requests (429, Retry-After 60)");
    for (int i = 0; i < 4; i++) {
      server.refusals.add(new String[] {"429", "0"});
    }
    fails(deployment::instances, "too many requests (429, Retry-After 0)");
    server.refusals.add(new String[] {"500"});
    fails(deployment::instances, "the API server answered 500 to", "as the test wants");
  }

  @Test
  void aServerThatTheClusterDoesNotVouchForIsNotTalkedTo() throws Exception {
    TestAuthority.create("stranger").write(trust);
    Files.setLastModifiedTime(trust, FileTime.from(Instant.now().plusSeconds(60)));
    fails(deployment::instances, "does not answer", "certif");
    assertThat(server.requests).isEmpty();
    Files.writeString(trust, "nothing");
    Files.setLastModifiedTime(trust, FileTime.from(Instant.now().plusSeconds(120)));
    fails(deployment::instances, "certificate", trust.toString());
  }

  @Test
  void aServerThatIsAwayIsNamed() {
    server.close();
    fails(deployment::instances, "the API server at " + server.uri() + " does not answer");
  }

  @Test
  void outsideOfAClusterTheServerHasToBeNamed() {
    assertThatIllegalStateException()
        .isThrownBy(() -> KubernetesDeployment.builder("inventory").namespace("shop").build())
        .withMessageContaining("give the API server with server(...)");
    assertThatIllegalStateException()
        .isThrownBy(() -> KubernetesDeployment.builder("inventory").server(server.uri()).build())
        .withMessageContaining("give it with namespace(...)");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> KubernetesDeployment.builder("../pods"))
        .withMessageContaining("no name of a Deployment");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> KubernetesDeployment.builder("a").server(URI.create("kubernetes.default:443")))
        .withMessageContaining("is no API server; use a URL such as https://10.0.0.1:6443");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> KubernetesDeployment.builder("a").requestTimeout(Duration.ZERO));
  }
}
