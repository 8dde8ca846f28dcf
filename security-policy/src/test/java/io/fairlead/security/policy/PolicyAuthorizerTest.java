package io.fairlead.security.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fairlead.security.Authorizer;
import io.fairlead.security.Authorizer.Verdict;
import io.fairlead.security.Caller;
import io.fairlead.testkit.LogCapture;
import io.fairlead.testkit.ManualClock;
import io.grpc.Attributes;
import io.grpc.Metadata;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PolicyAuthorizerTest {
  private static final String TOKEN = "a-token-that-nobody-may-see";

  private static final Authorizer.Request FAILING =
      new Authorizer.Request("a.B/C", Set.of(), new Metadata(), Attributes.EMPTY);

  @TempDir Path directory;

  private final ManualClock clock = ManualClock.create();
  private final List<AccessRefusal> audit = new ArrayList<>();
  private Path file = Path.of("");

  @BeforeEach
  void writeFile() throws IOException {
    file = directory.resolve("access.policy");
    write("allow warehouse method shop.v1.Inventory/* caller ann\n");
  }

  private void write(String text) throws IOException {
    Path unused = Files.writeString(file, text);
  }

  private PolicyAuthorizer start(Verdict known, UnaryOperator<PolicyAuthorizer.Builder> change) {
    Authorizer callers = request -> CompletableFuture.completedFuture(known);
    return change
        .apply(PolicyAuthorizer.builder(file, callers).audit(audit::add))
        .start(clock.scheduler());
  }

  private static Verdict called(String name) {
    return new Verdict.Allowed(new Caller(name, Set.of()));
  }

  private static Verdict ask(Authorizer authorizer) {
    Metadata headers = new Metadata();
    headers.put(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), TOKEN);
    return authorizer
        .authorize(
            new Authorizer.Request(
                "shop.v1.Inventory/Reserve", Set.of(), headers, Attributes.EMPTY))
        .toCompletableFuture()
        .join();
  }

  private List<String> audited() {
    return audit.stream().map(AccessRefusal::toString).toList();
  }

  @Test
  void aRefusalIsAuditedWithItsRuleAndWithoutTheToken() throws IOException {
    write(
        "deny thieves method * caller bob\nallow warehouse method shop.v1.Inventory/* caller ann"
            + " bob\n");
    try (PolicyAuthorizer ann = start(called("ann"), b -> b);
        PolicyAuthorizer bob = start(called("bob"), b -> b);
        PolicyAuthorizer eve = start(called("eve\nallowed"), b -> b);
        PolicyAuthorizer nobody = start(new Verdict.Unauthenticated("no token"), b -> b)) {
      assertThat(ask(ann)).isEqualTo(called("ann"));
      assertThat(audit).isEmpty();
      assertThat(ask(bob))
          .isEqualTo(
              new Verdict.Denied(
                  "the access policy of the server does not allow shop.v1.Inventory/Reserve",
                  new Caller("bob", Set.of())));
      assertThat(ask(eve)).isInstanceOf(Verdict.Denied.class);
      assertThat(ask(nobody)).isEqualTo(new Verdict.Unauthenticated("no token"));
      assertThat(audited())
          .containsExactly(
              "refused shop.v1.Inventory/Reserve to bob by rule thieves",
              "refused shop.v1.Inventory/Reserve to eve?allowed by default: no rule allows it",
              "refused shop.v1.Inventory/Reserve to an unknown caller by rule authentication");
      assertThat(audited().toString()).doesNotContain(TOKEN);
    }
  }

  @Test
  void aDryRunLetsInAndSaysWhatItWouldRefuse() {
    try (PolicyAuthorizer bob = start(called("bob"), PolicyAuthorizer.Builder::dryRun)) {
      assertThat(ask(bob)).isEqualTo(called("bob"));
      assertThat(audited())
          .containsExactly(
              "would refuse shop.v1.Inventory/Reserve to bob by default: no rule allows it");
      assertThat(audit.get(0).dryRun()).isTrue();
    }
  }

  @Test
  void aChangedFileIsTakenOverAndAWrongOneIsNot() throws IOException {
    try (LogCapture log = LogCapture.of(PolicyAuthorizer.class.getName());
        PolicyAuthorizer bob = start(called("bob"), b -> b)) {
      assertThat(ask(bob)).isInstanceOf(Verdict.Denied.class);
      write("allow warehouse method shop.v1.Inventory/* caller ann bob\n");
      clock.advance(Duration.ofSeconds(5));
      assertThat(ask(bob)).isEqualTo(called("bob"));

      write("allow warehouse method shop.v1.Inventory/*\nalow more method *\n");
      clock.advance(Duration.ofSeconds(60));
      assertThat(ask(bob)).isEqualTo(called("bob"));
      Files.delete(file);
      clock.advance(Duration.ofSeconds(60));
      assertThat(ask(bob)).isEqualTo(called("bob"));
      assertThat(log.warnings()).hasSize(2);
      assertThat(log.warnings().get(0))
          .contains("the access policy was not taken, and the one before stays in use:")
          .contains(file + ":2: a rule begins with deny or allow, not with \"alow\"");

      write("deny all method *\nallow a method *\n");
      clock.advance(Duration.ofSeconds(5));
      assertThat(ask(bob)).isInstanceOf(Verdict.Denied.class);
    }
  }

  @Test
  void aFileThatIsStillBeingWrittenOpensNothing() throws IOException {
    String whole = "allow everyone method *\ndeny thieves method * caller bob\n";
    try (PolicyAuthorizer bob = start(called("bob"), b -> b)) {
      for (int written = 1; written < whole.length(); written++) {
        write(whole.substring(0, written));
        clock.advance(Duration.ofMillis(2_500));
        assertThat(ask(bob)).isInstanceOf(Verdict.Denied.class);
      }
      assertThat(bob.policy()).hasToString("0 deny, 1 allow");
      write(whole);
      clock.advance(Duration.ofSeconds(5));
      assertThat(bob.policy()).hasToString("1 deny, 1 allow");
      assertThat(ask(bob)).isInstanceOf(Verdict.Denied.class);
    }
  }

  @Test
  void aPolicyThatWasNotTakenIsShownUntilTheFileIsRight() throws IOException {
    String right = Files.readString(file);
    try (LogCapture log = LogCapture.of(PolicyAuthorizer.class.getName());
        PolicyAuthorizer ann = start(called("ann"), b -> b)) {
      assertThat(ann.problem()).isEmpty();
      write("alow more method *\n");
      clock.advance(Duration.ofSeconds(60));
      assertThat(ann.problem()).hasValueSatisfying(text -> assertThat(text).contains(":1: "));
      Files.delete(file);
      clock.advance(Duration.ofSeconds(5));
      assertThat(ann.problem())
          .hasValueSatisfying(text -> assertThat(text).contains("NoSuchFileException", "policy"));
      write(right);
      clock.advance(Duration.ofSeconds(5));
      assertThat(ann.problem()).isEmpty();
      assertThat(log.lines())
          .contains(file + " has the policy again that is in use: 0 deny, 1 allow");
    }
  }

  @Test
  void theAuditTellsAnUnknownCallerFromOneWithoutAScopeAndFromAnOutage() {
    Verdict scopeless = new Verdict.Denied("scope a is missing", new Caller("ann", Set.of()));
    try (PolicyAuthorizer denied = start(new Verdict.Denied("scope a is missing"), b -> b);
        PolicyAuthorizer named = start(scopeless, b -> b);
        PolicyAuthorizer undecided = start(new Verdict.Undecided("no keys"), b -> b);
        PolicyAuthorizer unknown = start(new Verdict.Unauthenticated("no token"), b -> b)) {
      assertThat(ask(denied)).isEqualTo(new Verdict.Denied("scope a is missing"));
      assertThat(ask(named)).isEqualTo(scopeless);
      assertThat(ask(undecided)).isEqualTo(new Verdict.Undecided("no keys"));
      assertThat(ask(unknown)).isEqualTo(new Verdict.Unauthenticated("no token"));
      assertThat(audited())
          .containsExactly(
              "refused shop.v1.Inventory/Reserve to a caller by rule authorizer",
              "refused shop.v1.Inventory/Reserve to ann by rule authorizer",
              "refused shop.v1.Inventory/Reserve to a caller by rule undecided",
              "refused shop.v1.Inventory/Reserve to an unknown caller by rule authentication");
    }
  }

  @Test
  void aDecisionThatFailsIsAuditedNowOrLater() {
    CompletableFuture<Verdict> later = new CompletableFuture<>();
    CompletableFuture<Verdict> now = CompletableFuture.failedFuture(new IOException("down"));
    for (CompletableFuture<Verdict> answer : List.of(later, now)) {
      audit.clear();
      try (PolicyAuthorizer failing =
          PolicyAuthorizer.builder(file, request -> answer)
              .audit(audit::add)
              .start(clock.scheduler())) {
        CompletableFuture<Verdict> verdict = failing.authorize(FAILING).toCompletableFuture();
        later.completeExceptionally(new IOException("down"));
        assertThatThrownBy(verdict::join).hasRootCauseMessage("down");
        assertThat(audited()).containsExactly("refused a.B/C to a caller by rule undecided");
      }
    }
  }

  @Test
  void aServerDoesNotStartWithAPolicyThatIsWrongOrMissing() throws IOException {
    write("allow\n");
    assertThatThrownBy(() -> start(called("ann"), b -> b))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(file + ":1: the rule has no name");
    Files.delete(file);
    assertThatThrownBy(() -> start(called("ann"), b -> b))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("the access policy cannot be read")
        .hasMessageContaining("access.policy");
  }

  @Test
  void anAuditThatFailsDoesNotLetTheCallIn() {
    try (PolicyAuthorizer bob =
        start(
            called("bob"),
            b ->
                b.audit(
                    refusal -> {
                      throw new IllegalStateException("disk full");
                    }))) {
      assertThat(ask(bob)).isInstanceOf(Verdict.Denied.class);
    }
  }

  @Test
  void aFloodOfRefusalsIsNotAFloodOfLines() {
    try (LogCapture log = LogCapture.of(AccessRefusal.class.getName())) {
      AuditLog auditLog = new AuditLog(clock::nanoTime);
      for (int i = 0; i < 1_000; i++) {
        auditLog.accept(new AccessRefusal("a.B/C", "ann", "rule-of-flood", false));
      }
      assertThat(log.with("rule-of-flood")).hasSize(AuditLog.MAX_LINES);
      clock.advance(Duration.ofSeconds(1));
      auditLog.accept(new AccessRefusal("a.B/C", "ann", "rule-of-flood", false));
      assertThat(log.lines()).contains("980 more refusals were not logged");
    }
  }
}
