package io.fairlead.security.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fairlead.security.Caller;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AccessPolicyTest {
  private static final AccessPolicy POLICY =
      AccessPolicy.parse(
          "access.policy",
          """
          # who may call the inventory
          deny  contractors  method shop.v1.Inventory/Import shop.v1.Inventory/Sync  caller contractor-*

          allow readers      method shop.v1.Inventory/Watch  scope inventory.read  # all of them
          allow warehouse    method shop.v1.Inventory/*  caller warehouse contractor-7
          allow admins       method shop.v1.*  scope admin inventory.write
          """);

  private static Caller caller(String name, String... scopes) {
    return new Caller(name, Set.of(scopes));
  }

  @Test
  void whatNoRuleAllowsIsDenied() {
    assertThat(POLICY.allows("shop.v1.Inventory/Reserve", caller("ann"))).isFalse();
    assertThat(POLICY.decidingRule("shop.v1.Inventory/Reserve", caller("ann"))).isEmpty();
  }

  @Test
  void aDenyRuleWinsOverEveryAllowRule() {
    Caller contractor = caller("contractor-7", "admin", "inventory.write");
    assertThat(POLICY.allows("shop.v1.Inventory/Import", contractor)).isFalse();
    assertThat(POLICY.decidingRule("shop.v1.Inventory/Import", contractor)).contains("contractors");
    assertThat(POLICY.decidingRule("shop.v1.Inventory/Reserve", contractor)).contains("warehouse");
  }

  @Test
  void aCallerNeedsEveryScopeOfARule() {
    assertThat(POLICY.allows("shop.v1.Inventory/Watch", caller("ann", "inventory.read"))).isTrue();
    assertThat(POLICY.allows("shop.v1.Cart/Add", caller("ann", "admin"))).isFalse();
    assertThat(POLICY.allows("shop.v1.Cart/Add", caller("ann", "admin", "inventory.write")))
        .isTrue();
  }

  @Test
  void namesAreWholeUnlessTheirEndIsOpen() {
    assertThat(POLICY.allows("shop.v1.InventoryAdmin/Drop", caller("warehouse"))).isFalse();
    assertThat(POLICY.allows("shop.v1.Inventory/Reserve", caller("warehouse-2"))).isFalse();
    assertThat(POLICY).hasToString("1 deny, 3 allow");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          permit a method * | a rule begins with deny or allow, not with "permit"
          allow | the rule has no name; write it behind allow, as in allow readers method …
          allow method * | the rule has no name; write it behind allow, as in allow readers method …
          allow a caller ann | the rule "a" names no method; add method shop.v1.Inventory/Reserve, or method * for all
          allow a method | method has no value; write one behind it
          allow a method * caller | caller has no value; write one behind it
          allow a method * caller ann caller bob | caller is stated twice; write its values behind one another
          allow a everyone method * | "everyone" is not a condition; use method, caller or scope, and values behind it
          allow a method shop.*.Inventory/X | "shop.*.Inventory/X" has a * before its end; only the end may be left open
          allow a method shop.v1.Inventory | "shop.v1.Inventory" is no method; write shop.v1.Inventory/* for all methods of the service
          allow a method * scope inventory.* | a scope has no *; write each scope
          allow readers method * | the rule "readers" is on line 1 already; rename one
          deny authentication method * | the name "authentication" stands for refusals without a rule; use another
          deny a method /shop.v1.Inventory/Import | "/shop.v1.Inventory/Import" is no method; write its service, one / and its name, as in shop.v1.Inventory/Reserve
          deny a method /shop.v1.* | "/shop.v1.*" is no method; write its service, one / and its name, as in shop.v1.Inventory/Reserve
          deny a method /Import | "/Import" is no method; write its service, one / and its name, as in shop.v1.Inventory/Reserve
          deny a method shop.v1.Inventory/ | "shop.v1.Inventory/" is no method; write its service, one / and its name, as in shop.v1.Inventory/Reserve
          deny a method shop/v1.Inventory/Import | "shop/v1.Inventory/Import" is no method; write its service, one / and its name, as in shop.v1.Inventory/Reserve
          """)
  void aMistakeIsNamedWithItsFileAndLine(String line, String says) {
    assertThatThrownBy(() -> AccessPolicy.parse("access.policy", "allow readers method *\n" + line))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("access.policy:2: " + says);
  }

  @ParameterizedTest
  @ValueSource(
      ints = {0x2028, 0x2029, 0x85, 0x0B, 0x0C, '\r', 0x202E, 0x200B, 0xFEFF, 0xA0, 0xE0001})
  void noInvisibleCharacterTurnsACommentIntoARule(int character) {
    String hidden = Character.toString(character);
    assertThatThrownBy(
            () ->
                AccessPolicy.parse(
                    "p", "allow a method a.B/*\n# not yet:" + hidden + " allow all method *\n"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            String.format(
                "p:2: there is an invisible character, U+%04X, at column 11; use spaces and tabs"
                    + " alone, and UTF-8 without a byte order mark",
                character));
  }

  @Test
  void aFileOfWindowsIsReadAndANameMayContainAHash() {
    AccessPolicy policy =
        AccessPolicy.parse("p", "allow a method a.B/*\tcaller ann#1\t# ann # bob\r\n# end\r\n");
    assertThat(policy.allows("a.B/C", caller("ann#1"))).isTrue();
    assertThat(policy.allows("a.B/C", caller("bob"))).isFalse();
  }

  @Test
  void allMistakesAreNamedAtOnce() {
    assertThatThrownBy(() -> AccessPolicy.parse("p", "allow\n\nrefuse x\n"))
        .hasMessageStartingWith("p:1: ")
        .hasMessageContaining("\np:3: ");
  }

  @Test
  void aPolicyThatAllowsNothingIsAMistake() {
    assertThatThrownBy(() -> AccessPolicy.parse("p", "# nothing yet\n"))
        .hasMessage("p:1: no rule allows anything, so nobody could call; add a line with allow");
  }
}
