package io.fairlead.security;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.security.Authorizer.Verdict;
import io.grpc.Attributes;
import io.grpc.Metadata;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class CombinedAuthorizerTest {
  private static final Verdict ANN = new Verdict.Allowed(new Caller("ann", Set.of()));
  private static final Verdict BOB = new Verdict.Allowed(new Caller("bob", Set.of()));
  private static final Verdict DENIED = new Verdict.Denied("no");
  private static final Verdict NOBODY = new Verdict.Unauthenticated("who");
  private static final Verdict UNDECIDED = new Verdict.Undecided("later");

  private final List<Verdict> asked = new ArrayList<>();

  private Authorizer saying(Verdict verdict) {
    return request -> {
      asked.add(verdict);
      return CompletableFuture.completedFuture(verdict);
    };
  }

  private static Verdict verdict(Authorizer authorizer) {
    return verdict(authorizer, "shop.v1.Inventory/Reserve");
  }

  private static Verdict verdict(Authorizer authorizer, String method) {
    return authorizer
        .authorize(new Authorizer.Request(method, Set.of(), new Metadata(), Attributes.EMPTY))
        .toCompletableFuture()
        .join();
  }

  @Test
  void allOfLetsInWhatEveryOneLetsInAndStopsAtTheFirstRefusal() {
    assertThat(verdict(Authorizer.allOf(saying(ANN), saying(BOB)))).isEqualTo(ANN);
    assertThat(verdict(Authorizer.allOf(saying(ANN), saying(DENIED)))).isEqualTo(DENIED);
    asked.clear();
    assertThat(verdict(Authorizer.allOf(saying(NOBODY), saying(DENIED), saying(ANN))))
        .isEqualTo(NOBODY);
    assertThat(asked).containsExactly(NOBODY);
  }

  @Test
  void anyOfStopsAtTheFirstThatLetsInAndElseSaysWhatHelpsMost() {
    assertThat(verdict(Authorizer.anyOf(saying(NOBODY), saying(ANN), saying(DENIED))))
        .isEqualTo(ANN);
    assertThat(asked).containsExactly(NOBODY, ANN);
    assertThat(verdict(Authorizer.anyOf(saying(DENIED), saying(NOBODY)))).isEqualTo(DENIED);
    assertThat(verdict(Authorizer.anyOf(saying(NOBODY), saying(DENIED)))).isEqualTo(DENIED);
    assertThat(verdict(Authorizer.anyOf(saying(DENIED), saying(UNDECIDED), saying(NOBODY))))
        .isEqualTo(UNDECIDED);
  }

  @Test
  void anAnswerThatComesLaterContinuesTheRow() {
    CompletableFuture<Verdict> later = new CompletableFuture<>();
    CompletableFuture<Verdict> whole =
        Authorizer.anyOf(request -> later, saying(BOB))
            .authorize(new Authorizer.Request("a.B/C", Set.of(), new Metadata(), Attributes.EMPTY))
            .toCompletableFuture();
    assertThat(whole).isNotDone();
    later.complete(DENIED);
    assertThat(whole.join()).isEqualTo(BOB);
  }

  @Test
  void aMethodThatNoRuleNamesIsDenied() {
    Authorizer authorizer =
        Authorizer.byMethod(
            Map.of("shop.v1.Inventory", saying(ANN), "shop.v1.Inventory/Import", saying(BOB)));
    assertThat(verdict(authorizer, "shop.v1.Inventory/Import")).isEqualTo(BOB);
    assertThat(verdict(authorizer, "shop.v1.Inventory/Reserve")).isEqualTo(ANN);
    assertThat(verdict(authorizer, "shop.v1.InventoryAdmin/Drop"))
        .isEqualTo(
            new Verdict.Denied("nobody may call shop.v1.InventoryAdmin/Drop: no rule names it"));
    assertThat(verdict(Authorizer.byMethod(Map.of("*", saying(ANN))), "x.Y/Z")).isEqualTo(ANN);
  }

  @Test
  void callersAreToldApartByNamesOrByHowTheyBegin() {
    assertThat(verdict(saying(ANN).forCallers("ann"))).isEqualTo(ANN);
    assertThat(verdict(saying(ANN).forCallers("bob", "an*"))).isEqualTo(ANN);
    assertThat(verdict(saying(ANN).forCallers("an", "annabel")))
        .isEqualTo(
            new Verdict.Denied(
                "the caller may not call shop.v1.Inventory/Reserve", new Caller("ann", Set.of())));
    assertThat(verdict(saying(NOBODY).forCallers("*"))).isEqualTo(NOBODY);
  }
}
