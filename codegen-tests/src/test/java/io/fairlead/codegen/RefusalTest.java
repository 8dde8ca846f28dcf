package io.fairlead.codegen;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.options.EffectivePolicy;
import io.fairlead.options.Policy;
import io.fairlead.options.Retry;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Wrong contracts: what is refused, where, and with which advice. */
class RefusalTest {
  @TempDir Path folder;

  /** Mistakes of one unary rpc with those options, without place and subject. */
  private List<String> unary(String options) {
    return method("rpc A(Q) returns (Q)", options);
  }

  private List<String> idempotent(String options) {
    return method("rpc A(Q) returns (Q)", "option idempotency_level = IDEMPOTENT; " + options);
  }

  private List<String> method(String rpc, String options) {
    return contract(rpc, options).mistakes().stream()
        .map(
            line -> {
              assertThat(line).matches("test\\.proto:1[45]:\\d+: rpc S\\.A: .*");
              return line.substring(line.indexOf("rpc S.A: ") + "rpc S.A: ".length());
            })
        .toList();
  }

  private Project contract(String rpc, String options) {
    String text =
        """
        syntax = "proto3";
        package shop;
        import "fairlead/options.proto";
        message Q {
          string sku = 1;
          repeated string tags = 2;
          map<string, string> labels = 3;
          Q nested = 4;
          int32 size = 5;
          repeated int32 crate = 6;
          int32 crate_count = 7;
        }
        service S {
          %s {
            %s
          }
        }
        """
            .formatted(rpc, options);
    return Project.of(folder, text);
  }

  @Test
  void everyMistakeOfEveryFileInOneRunEachWithItsPlace() {
    Project project =
        new Project(folder)
            .file(
                "a.proto",
                """
                syntax = "proto3";
                package a;
                import "fairlead/options.proto";
                message Q {}
                service S {
                  option (fairlead.service) = { deadline: "2 s" };
                  rpc A(Q) returns (Q) {
                    option (fairlead.method).deadline = "soon";
                    option (fairlead.method).retry.attempts = 99;
                  }
                }
                """)
            .file(
                "b.proto",
                """
                syntax = "proto3";
                package b;
                import "fairlead/options.proto";
                message Q {}
                service T {
                  rpc B(Q) returns (Q);
                  rpc b(Q) returns (Q) {
                    option (fairlead.method) = { hash_key: "x" };
                  }
                }
                """);
    assertThat(project.mistakes())
        .containsExactly(
            "a.proto:6:3: service S: deadline \"2 s\" is not a duration; did you mean \"2s\"? write"
                + " a number and a unit (ns, us, ms, s, m, h), like \"300ms\" or \"1.5s\"",
            "a.proto:8:5: rpc S.A: deadline \"soon\" is not a duration; write a number and a unit"
                + " (ns, us, ms, s, m, h), like \"300ms\" or \"1.5s\"",
            "a.proto:9:5: rpc S.A: retry.attempts is 99; write 2 to 10, the first attempt included,"
                + " or leave it out for 3",
            "a.proto:9:5: rpc S.A: retry may execute a call twice, and this method is not marked"
                + " idempotent; add option idempotency_level = IDEMPOTENT (or NO_SIDE_EFFECTS) to"
                + " the rpc, or unsafe: true to the retry block",
            "b.proto:8:5: rpc T.b: hash_key \"x\" has no effect: balancer LEAST_REQUEST (the"
                + " default) does not hash; add balancer: CONSISTENT_HASH or MAGLEV, or drop the"
                + " key",
            "b.proto:8:5: rpc T.b: hash_key \"x\": b.Q has no field \"x\"; it has none",
            "b.proto:7:7: rpc B and rpc b of service T both become the Java method b; rename one");
  }

  @Test
  void durationsThatDoNotParse() {
    for (String text : new String[] {"300", "ms", "-1s", "1d", "1e3s", "1.s", "soon"}) {
      assertDuration(text, "");
    }
  }

  @Test
  void durationsOfOtherFormatsAreUnderstoodAndSuggested() {
    assertDuration("1,5s", "did you mean \"1.5s\"? ");
    assertDuration("1 s", "did you mean \"1s\"? ");
    assertDuration(".5s", "did you mean \"0.5s\"? ");
    assertDuration("300MS", "did you mean \"300ms\"? ");
    assertDuration("2 minutes", "did you mean \"2m\"? ");
  }

  private void assertDuration(String text, String suggestion) {
    assertThat(unary("option (fairlead.method).deadline = \"" + text + "\";"))
        .as(text)
        .containsExactly(
            "deadline \""
                + text
                + "\" is not a duration; "
                + suggestion
                + "write a number and a unit (ns, us, ms, s, m, h), like"
                + " \"300ms\" or \"1.5s\"");
  }

  @Test
  void durationsThatMakeNoSense() {
    assertThat(unary("option (fairlead.method).deadline = \"0s\";"))
        .containsExactly(
            "deadline \"0s\" is no time at all; write a duration above zero, or leave it out");
    assertThat(unary("option (fairlead.method).deadline = \"0.5ns\";"))
        .containsExactly("deadline \"0.5ns\" is finer than a nanosecond; write whole nanoseconds");
    assertThat(unary("option (fairlead.method).deadline = \"9999999h\";"))
        .containsExactly(
            "deadline \"9999999h\" is longer than 292 years; leave it out if there is no limit");
  }

  @Test
  void retryAndHedgingOfMethodsThatAreNotIdempotent() {
    assertThat(unary("option (fairlead.method) = { retry: {} };"))
        .containsExactly(
            "retry may execute a call twice, and this method is not marked idempotent; add option"
                + " idempotency_level = IDEMPOTENT (or NO_SIDE_EFFECTS) to the rpc, or unsafe: true"
                + " to the retry block");
    assertThat(unary("option (fairlead.method) = { hedging: { delay: \"1ms\" } };"))
        .containsExactly(
            "hedging may execute a call twice, and this method is not marked idempotent; add option"
                + " idempotency_level = IDEMPOTENT (or NO_SIDE_EFFECTS) to the rpc, or unsafe: true"
                + " to the hedging block");
  }

  private List<String> cached(String rpc, String cache) {
    return method(
        "rpc " + rpc,
        "option idempotency_level = NO_SIDE_EFFECTS; option (fairlead.method) = { "
            + cache
            + " };");
  }

  @Test
  void aCacheOfAMethodThatMustBeExecuted() {
    assertThat(idempotent("option (fairlead.method) = { cache: { ttl: \"5s\" } };"))
        .containsExactly(
            "cache.ttl \"5s\" answers calls of which no server hears, and this method is not"
                + " NO_SIDE_EFFECTS; add option idempotency_level = NO_SIDE_EFFECTS to the rpc, or"
                + " write stale_if_error alone");
    assertThat(
            contract(
                    "rpc A(Q) returns (Q)",
                    "option (fairlead.method) = { cache: { stale_if_error: \"5s\" } };")
                .files())
        .isNotEmpty();
    assertThat(cached("A(Q) returns (stream Q)", "cache: { ttl: \"5s\" }"))
        .containsExactly("cache is for unary methods, and this one streams; drop it");
    assertThat(cached("A(Q) returns (Q)", "failure_mode: BROADCAST cache: { ttl: \"5s\" }"))
        .containsExactly(
            "cache contradicts failure_mode BROADCAST, which wants a response of every endpoint;"
                + " drop one of them");
  }

  @Test
  void aCacheThatWouldMixTheResponsesOfCallers() {
    String rest = "; add vary: [\"authorization\"] to the cache block";
    assertThat(cached("A(Q) returns (Q)", "auth_scopes: [\"read\"] cache: { ttl: \"5s\" }"))
        .containsExactly(
            "cache would give the response for one caller to another, as this method has"
                + " auth_scopes [read]"
                + rest);
    assertThat(cached("A(Q) returns (Q)", "public: false cache: { stale_if_error: \"5s\" }"))
        .containsExactly(
            "cache would give the response for one caller to another, as this method has public:"
                + " false"
                + rest);
    assertThat(
            contract(
                    "rpc A(Q) returns (Q)",
                    "option idempotency_level = NO_SIDE_EFFECTS; option (fairlead.method) = {"
                        + " auth_scopes: [\"read\"] cache: { ttl: \"5s\" vary: \"Authorization\" } };")
                .files())
        .isNotEmpty();
  }

  @Test
  void valuesOfACache() {
    assertThat(cached("A(Q) returns (Q)", "cache: {}"))
        .containsExactly(
            "cache has neither ttl nor stale_if_error, so no response would be served from it; write"
                + " one of them, like ttl: \"5s\"");
    assertThat(
            cached(
                "A(Q) returns (Q)",
                "cache: { ttl: \"0s\" stale_if_error: \"soon\" max_entries: 1000001 max_bytes: 0"
                    + " vary: [\"x-bin\", \"a b\"] }"))
        .containsExactly(
            "cache.ttl \"0s\" is no time at all; write a duration above zero, or leave it out",
            "cache.stale_if_error \"soon\" is not a duration; write a number and a unit (ns, us, ms,"
                + " s, m, h), like \"300ms\" or \"1.5s\"",
            "cache.max_entries is 1000001; write 1 to 1000000, or leave it out for 1000",
            "cache.max_bytes is 0; write 1 to 2147483647 bytes, or leave it out for 16 MiB",
            "cache.vary holds \"x-bin\", which is no name of a text header; write names like"
                + " \"authorization\"",
            "cache.vary holds \"a b\", which is no name of a text header; write names like"
                + " \"authorization\"");
    assertThat(cached("A(Q) returns (Q)", "cache: { ttl: \"5s\" stale_if_error: \"1s\" }"))
        .containsExactly(
            "cache.stale_if_error \"1s\" is below the ttl \"5s\", and responses are served for that"
                + " long anyway; raise it, or leave it out");
  }

  @Test
  void aCacheOnAService() {
    assertThat(
            Project.of(
                    folder,
                    """
                    syntax = "proto3";
                    package shop;
                    import "fairlead/options.proto";
                    message Q {}
                    service S {
                      option (fairlead.service) = { cache: { ttl: "5s" } };
                      rpc A(Q) returns (Q);
                    }
                    """)
                .mistakes())
        .containsExactly(
            "test.proto:6:3: service S: cache stands on a service, whose methods give different"
                + " responses; write it on each method whose responses may be kept");
  }

  @Test
  void perAttemptBeyondTheDeadline() {
    assertThat(
            idempotent(
                "option (fairlead.method) = { deadline: \"100ms\" retry: { per_attempt: \"0.2s\" }"
                    + " };"))
        .containsExactly(
            "retry.per_attempt \"0.2s\" is longer than the deadline \"100ms\", so it would never be"
                + " reached; lower it, or raise the deadline");
  }

  @Test
  void aDeadlineBelowThePerAttemptTimeThatTheServiceStates() {
    Project project =
        Project.of(
            folder,
            """
            syntax = "proto3"; package shop; import "fairlead/options.proto"; message Q {}
            service S {
              option (fairlead.service) = { retry: { per_attempt: "1s" } };
              rpc A(Q) returns (Q) {
                option idempotency_level = NO_SIDE_EFFECTS;
                option (fairlead.method) = { deadline: "300ms" };
              }
              rpc B(Q) returns (Q) { option (fairlead.method) = { deadline: "300ms" }; }
            }
            """);
    assertThat(project.mistakes())
        .containsExactly(
            "test.proto:6:5: rpc S.A: retry.per_attempt \"1s\", which service S states at"
                + " test.proto:3:3, is longer than the deadline"
                + " \"300ms\", so it would never be reached; lower it, or raise the deadline");
  }

  @Test
  void aHedgingDelayBeyondTheDeadline() {
    assertThat(
            idempotent(
                "option (fairlead.method) = { deadline: \"1s\" hedging: { delay: \"1s\" } };"))
        .containsExactly(
            "hedging.delay \"1s\" is not below the deadline \"1s\", so no hedge would ever be sent;"
                + " lower it, or raise the deadline");
  }

  @Test
  void hedgingTogetherWithRetry() {
    assertThat(idempotent("option (fairlead.method) = { retry: {} hedging: { delay: \"1ms\" } };"))
        .containsExactly(
            "retry and hedging contradict each other; a call is either retried or hedged: keep"
                + " one");
  }

  @Test
  void hedgingWithoutADelay() {
    assertThat(idempotent("option (fairlead.method) = { hedging: {} };"))
        .containsExactly(
            "hedging has no delay; write the delay before the next hedge, like delay: \"50ms\""
                + " (\"0s\" sends all at once)");
  }

  @Test
  void hashKeysThatLeadNowhere() {
    String key = "option (fairlead.method) = { balancer: MAGLEV hash_key: \"%s\" };";
    assertThat(unary(key.formatted("skuu")))
        .containsExactly(
            "hash_key \"skuu\": shop.Q has no field \"skuu\"; did you mean \"sku\"? it has sku,"
                + " tags, labels, nested, size, crate, crate_count");
    assertThat(unary(key.formatted("nested.")))
        .containsExactly(
            "hash_key \"nested.\": shop.Q has no field \"\"; it has sku, tags, labels, nested,"
                + " size, crate, crate_count");
    assertThat(unary(key.formatted("tags")))
        .containsExactly(
            "hash_key \"tags\": shop.Q.tags is repeated, which has no single value to hash; name a"
                + " singular field");
    assertThat(unary(key.formatted("labels")))
        .containsExactly(
            "hash_key \"labels\": shop.Q.labels is a map, which has no single value to hash; name a"
                + " singular field");
    assertThat(unary(key.formatted("nested")))
        .containsExactly(
            "hash_key \"nested\": shop.Q.nested is a message, which has no stable bytes to hash;"
                + " name a field in it, one of sku, tags, labels, nested, size, crate,"
                + " crate_count");
    assertThat(unary(key.formatted("nested.sku.x")))
        .containsExactly(
            "hash_key \"nested.sku.x\": shop.Q.sku is not a message, so the path ends there; drop"
                + " what follows it");
    assertThat(unary(key.formatted("crate_count")))
        .containsExactly(
            "hash_key \"crate_count\": the fields shop.Q.crate_count and crate share a Java name,"
                + " and protoc renames both; hash another field, or rename one");
  }

  @Test
  void aHashKeyOnAClientStreamingMethod() {
    assertThat(
            method(
                "rpc A(stream Q) returns (Q)",
                "option (fairlead.method) = { balancer: MAGLEV hash_key: \"sku\" };"))
        .containsExactly(
            "hash_key \"sku\": the endpoint is chosen before the first message of a stream is"
                + " there; drop it, or make the method take one request");
  }

  @Test
  void aHashKeyWithoutABalancerThatHashes() {
    assertThat(unary("option (fairlead.method) = { balancer: ROUND_ROBIN hash_key: \"sku\" };"))
        .containsExactly(
            "hash_key \"sku\" has no effect: balancer ROUND_ROBIN does not hash; add balancer:"
                + " CONSISTENT_HASH or MAGLEV, or drop the key");
  }

  @Test
  void aHashKeyOnAService() {
    Project project =
        Project.of(
            folder,
            """
            syntax = "proto3"; package shop; import "fairlead/options.proto";
            service S {
              option (fairlead.service) = { hash_key: "sku" };
            }
            """);
    assertThat(project.mistakes())
        .containsExactly(
            "test.proto:3:3: service S: hash_key \"sku\" stands on a service, whose methods take"
                + " different requests; write it on each method");
  }

  @Test
  void unknownCodes() {
    assertThat(idempotent("option (fairlead.method) = { retry: { codes: [CODE_UNSPECIFIED] } };"))
        .containsExactly(
            "retry.codes holds CODE_UNSPECIFIED (OK), with which no attempt fails; write names like"
                + " UNAVAILABLE or ABORTED");
    assertThat(idempotent("option (fairlead.method) = { retry: { codes: [ABORTED, 17] } };"))
        .containsExactly(
            "retry.codes holds the number 17, with which no attempt fails; write names like"
                + " UNAVAILABLE or ABORTED");
    assertThat(
            idempotent(
                "option (fairlead.method) = { hedging: { delay: \"1ms\" codes: [ABORTED, ABORTED] }"
                    + " };"))
        .containsExactly("hedging.codes holds ABORTED twice; write it once");
  }

  @Test
  void numbersOutOfRange() {
    assertThat(idempotent("option (fairlead.method) = { retry: { attempts: 1 } };"))
        .containsExactly(
            "retry.attempts is 1; write 2 to 10, the first attempt included, or leave it out for"
                + " 3");
    assertThat(
            idempotent(
                "option (fairlead.method) = { hedging: { delay: \"0s\" attempts: 4000000000 } };"))
        .containsExactly(
            "hedging.attempts is 4000000000; write 2 to 10, the first attempt included, or leave it"
                + " out for 2");
    assertThat(idempotent("option (fairlead.method) = { retry: { backoff_multiplier: nan } };"))
        .containsExactly("retry.backoff_multiplier is NaN; write a number from 1 to 10");
    assertThat(
            unary(
                "option (fairlead.method) = { max_request_bytes: 0 max_response_bytes: 3000000000"
                    + " };"))
        .containsExactly(
            "max_request_bytes is 0; write 1 to 2147483647 bytes, or leave it out for 4 MiB",
            "max_response_bytes is 3000000000; write 1 to 2147483647 bytes, or leave it out for 4"
                + " MiB");
  }

  @Test
  void backoffsThatDoNotFit() {
    assertThat(
            idempotent(
                "option (fairlead.method) = { retry: { backoff: \"2s\" max_backoff: \"1s\" } };"))
        .containsExactly(
            "retry.max_backoff \"1s\" is below the first backoff, \"2s\"; raise it, or lower"
                + " retry.backoff");
    assertThat(idempotent("option (fairlead.method) = { retry: { max_backoff: \"1ms\" } };"))
        .containsExactly(
            "retry.max_backoff \"1ms\" is below the first backoff, which is 25ms by default; raise"
                + " it, or lower retry.backoff");
  }

  @Test
  void choicesThatContradictEachOther() {
    assertThat(unary("option (fairlead.method) = { balancer: MAGLEV custom_balancer: \"mine\" };"))
        .containsExactly(
            "balancer MAGLEV and custom_balancer \"mine\" contradict each other; keep one");
    assertThat(idempotent("option (fairlead.method) = { failure_mode: FAILFAST retry: {} };"))
        .containsExactly(
            "failure_mode FAILFAST makes one attempt, which contradicts retry; drop one of them");
    assertThat(
            idempotent(
                "option (fairlead.method) = { failure_mode: BROADCAST hedging: { delay: \"1ms\" }"
                    + " };"))
        .containsExactly(
            "failure_mode BROADCAST calls every endpoint already, which contradicts hedging; drop"
                + " one of them");
  }

  @Test
  void whatDoesNotFitTheShapeOfTheMethod() {
    assertThat(unary("option (fairlead.method) = { idle_timeout: \"1s\" };"))
        .containsExactly(
            "idle_timeout is for streams, and this method has none; write deadline instead");
    assertThat(
            method(
                "rpc A(Q) returns (stream Q)",
                "option (fairlead.method) = { hedging: { delay: \"1s\" unsafe: true } failure_mode:"
                    + " FAILSAFE };"))
        .containsExactly(
            "hedging is for unary methods, and this one streams; drop it, or use retry",
            "failure_mode FAILSAFE is for unary methods, and this one streams; use FAILOVER or"
                + " FAILFAST");
    assertThat(
            method(
                "rpc A(Q) returns (stream Q)",
                "option (fairlead.method) = { retry: { per_attempt: \"1s\" unsafe: true } };"))
        .containsExactly(
            "retry.per_attempt \"1s\" is for unary methods, and this one streams; drop it, and"
                + " write idle_timeout if silence is to end the stream");
  }

  @Test
  void theTimePerAttemptThatAServiceStatesIsForItsUnaryMethods() {
    Policy service =
        Policy.newBuilder().setRetry(Retry.newBuilder().setAttempts(4).setPerAttempt("1s")).build();
    Policy none = Policy.getDefaultInstance();
    assertThat(EffectivePolicy.of(service, none, true, true).getRetry())
        .isEqualTo(service.getRetry());
    assertThat(EffectivePolicy.of(service, none, false, true).getRetry())
        .isEqualTo(Retry.newBuilder().setAttempts(4).build());
  }

  @Test
  void aMethodIsPublicOrAsksForScopes() {
    assertThat(unary("option (fairlead.method) = { public: true auth_scopes: [\"a\", \"b\"] };"))
        .containsExactly(
            "public: true lets everyone call, which contradicts auth_scopes [a, b]; keep one of"
                + " them");
  }

  @Test
  void whatAMethodSaysOfItsCallersReplacesWhatTheServiceSays() {
    Policy open = Policy.newBuilder().setPublic(true).build();
    Policy known = Policy.newBuilder().setPublic(false).build();
    Policy scoped = Policy.newBuilder().addAuthScopes("read").build();
    assertThat(EffectivePolicy.of(scoped, open, true, false)).isEqualTo(open);
    assertThat(EffectivePolicy.of(open, scoped, true, false)).isEqualTo(scoped);
    // A caller that is known has no scope by that.
    assertThat(EffectivePolicy.of(scoped, known, true, false).getAuthScopesList())
        .containsExactly("read");
    assertThat(EffectivePolicy.of(known, Policy.getDefaultInstance(), true, false))
        .isEqualTo(known);
  }

  @Test
  void wordsThatAreNotNames() {
    assertThat(
            unary(
                "option (fairlead.method) = { custom_balancer: \"My One\" compression: \"G zip\""
                    + " auth_scopes: [\"a\", \" \", \"a\"] };"))
        .containsExactly(
            "custom_balancer \"My One\" is not a name; write lower-case letters, digits, and _ . -"
                + " between them, like \"warehouse_first\"",
            "compression \"G zip\" is not a name; write lower-case letters, digits, and _ . -"
                + " between them, like \"gzip\"",
            "auth_scopes holds \" \", blank or with spaces around it; write a scope like"
                + " \"inventory.write\"",
            "auth_scopes holds \"a\" twice; write it once");
  }

  @Test
  void aMistakeThatComesFromTheServicePointsThere() {
    Project project =
        Project.of(
            folder,
            """
            syntax = "proto3"; package shop; import "fairlead/options.proto";
            message Q { string sku = 1; }
            service S {
              option (fairlead.service).deadline = "300ms";
              option (fairlead.service).balancer = ROUND_ROBIN;
              rpc A(Q) returns (Q) {
                option idempotency_level = NO_SIDE_EFFECTS;
                option (fairlead.method) = { retry: { per_attempt: "1s" } };
              }
              rpc B(Q) returns (Q) {
                option (fairlead.method) = { hash_key: "sku" };
              }
            }
            """);
    assertThat(project.mistakes())
        .containsExactly(
            "test.proto:8:5: rpc S.A: retry.per_attempt \"1s\" is longer than the deadline"
                + " \"300ms\", which service S states at test.proto:4:3, so it would never be"
                + " reached; lower it, or raise the deadline",
            "test.proto:11:5: rpc S.B: hash_key \"sku\" has no effect: balancer ROUND_ROBIN, which"
                + " service S states at test.proto:5:3, does not hash; add balancer:"
                + " CONSISTENT_HASH or MAGLEV, or drop the key");
  }

  private List<String> live(String bounds) {
    return unary("option (fairlead.method) = { live: { " + bounds + " } };");
  }

  @Test
  void boundsOfLivePoliciesThatAreNoBounds() {
    assertThat(live("deadline: { min: \"50 ms\" }"))
        .containsExactly(
            "live.deadline.min \"50 ms\" is not a duration; did you mean \"50ms\"? write a number"
                + " and a unit (ns, us, ms, s, m, h), like \"300ms\" or \"1.5s\"");
    assertThat(live("idle_timeout: { max: \"0s\" }"))
        .containsExactly("live.idle_timeout.max \"0s\" is no time at all; leave it out");
    assertThat(live("deadline: {}"))
        .containsExactly("live.deadline states neither min nor max; write one of them, or drop it");
    assertThat(live("retry: { attempts: { max: 99 } }"))
        .containsExactly("live.retry.attempts.max is 99; write 2 to 10, or leave it out");
    assertThat(live("hedging: { attempts: { min: 1 } }"))
        .containsExactly("live.hedging.attempts.min is 1; write 2 to 10, or leave it out");
    assertThat(live("max_request_bytes: { max: 4294967295 }"))
        .containsExactly(
            "live.max_request_bytes.max is 4294967295; write 1 to 2147483647, or leave it out");
  }

  @Test
  void boundsOfLivePoliciesThatAllowNothing() {
    assertThat(live("deadline: { min: \"5s\" max: \"50ms\" }"))
        .containsExactly(
            "live.deadline is 5s to 50ms, which allows nothing: min is above max; lower min, or"
                + " raise max");
    assertThat(live("max_response_bytes: { min: 2 max: 1 }"))
        .containsExactly(
            "live.max_response_bytes is 2 to 1, which allows nothing: min is above max; lower min,"
                + " or raise max");
  }

  @Test
  void routesThatLeadNowhere() {
    assertThat(unary("option (fairlead.method) = { route: { percent: 10 } };"))
        .containsExactly(
            "route has no value; write what the wanted endpoints have in their version, like value:"
                + " \"2.0\"");
    assertThat(unary("option (fairlead.method) = { route: { tag: \"ring\" value: \"canary\" } };"))
        .containsExactly("route has no percent; write the share of the calls, from 0 to 100");
    assertThat(unary("option (fairlead.method) = { route: { value: \"2.0\" percent: 101 } };"))
        .containsExactly("route.percent is 101.0; write a number from 0 to 100");
    assertThat(warnings("route: { value: \"2.0\" percent: 0 }", "rpc A(Q) returns (Q);")).isEmpty();
  }

  @Test
  void mirrorsThatLeadNowhereOrHaveEffects() {
    assertThat(cached("A(Q) returns (Q)", "mirror: {}"))
        .containsExactly(
            "mirror does not say where copies go; write a name that the mirrors of channels know,"
                + " like to: \"canary\"",
            "mirror has no percent; write the share of the calls, from 0 to 100");
    assertThat(cached("A(Q) returns (Q)", "mirror: { to: \"canary\" percent: -1 }"))
        .containsExactly("mirror.percent is -1.0; write a number from 0 to 100");
    String mirror = "mirror: { to: \"canary\" percent: 5 }";
    assertThat(cached("A(Q) returns (stream Q)", mirror))
        .containsExactly("mirror is for unary methods, and this one streams; drop it");
    assertThat(cached("A(Q) returns (Q)", "failure_mode: BROADCAST " + mirror))
        .containsExactly(
            "mirror contradicts failure_mode BROADCAST, which has a response of every endpoint;"
                + " drop one of them");
    assertThat(idempotent("option (fairlead.method) = { " + mirror + " };"))
        .containsExactly(
            "mirror has a second server execute calls, and this method is not NO_SIDE_EFFECTS; add"
                + " option idempotency_level = NO_SIDE_EFFECTS to the rpc, or drop it");
    assertThat(
            Project.of(
                    folder,
                    """
                    syntax = "proto3";
                    package shop;
                    import "fairlead/options.proto";
                    message Q {}
                    service S {
                      option (fairlead.service) = { mirror: { to: "canary" percent: 5 } };
                      rpc A(Q) returns (Q);
                    }
                    """)
                .mistakes())
        .containsExactly(
            "test.proto:6:3: service S: mirror stands on a service, whose methods may have side"
                + " effects; write it on each method whose calls may be copied");
  }

  @Test
  void aContractOutsideOfItsOwnBounds() {
    String live = "live: { deadline: { min: \"50ms\" max: \"5s\" } }";
    assertThat(unary("option (fairlead.method) = { deadline: \"10s\" " + live + " };"))
        .containsExactly(
            "deadline \"10s\" is outside of live.deadline, 50ms to 5s, and a contract must keep to"
                + " its own bounds; change the one or the other");
    assertThat(
            idempotent(
                "option (fairlead.method) = { retry: {} live: { retry: { attempts: { max: 2 } } }"
                    + " };"))
        .containsExactly(
            "retry.attempts 3 (the default) is outside of live.retry.attempts, at most 2, and a"
                + " contract must keep to its own bounds; change the one or the other");
    assertThat(
            unary(
                "option (fairlead.method) = { max_request_bytes: 10 live: { max_request_bytes: {"
                    + " min: 20 } } };"))
        .containsExactly(
            "max_request_bytes 10 is outside of live.max_request_bytes, at least 20, and a contract"
                + " must keep to its own bounds; change the one or the other");
    assertThat(warnings("deadline: \"5s\" " + live, "rpc A(Q) returns (Q);")).isEmpty();
  }

  @Test
  void aMethodOutsideOfItsServicesBoundsLearnsWhereTheyStand() {
    assertThat(
            Project.of(
                    folder,
                    """
                    syntax = "proto3";
                    package shop;
                    import "fairlead/options.proto";
                    message Q {}
                    service S {
                      option (fairlead.service).deadline = "9s";
                      option (fairlead.service).live.deadline.max = "5s";
                      rpc A(Q) returns (Q) {
                        option (fairlead.method).deadline = "7s";
                      }
                      rpc B(Q) returns (Q) {
                        option (fairlead.method).deadline = "4s";
                        option (fairlead.method).live.deadline.min = "6s";
                      }
                      rpc C(Q) returns (Q) {
                        option (fairlead.method).deadline = "9s";
                        option (fairlead.method).live.deadline.max = "20s";
                      }
                      rpc D(Q) returns (Q);
                    }
                    """)
                .mistakes())
        .containsExactly(
            "test.proto:6:3: service S: deadline \"9s\" is outside of live.deadline, at most 5s, and"
                + " a contract must keep to its own bounds; change the one or the other",
            "test.proto:9:5: rpc S.A: deadline \"7s\" is outside of live.deadline, at most 5s, which"
                + " service S states at test.proto:7:3, and a contract must keep to its own bounds;"
                + " change the one or the other",
            "test.proto:13:5: rpc S.B: live.deadline is 6s to 5s, which service S states at"
                + " test.proto:7:3, which allows nothing: min is above max; lower min, or raise"
                + " max");
  }

  private List<String> warnings(String service, String methods) {
    return Project.of(
            folder,
            """
            syntax = "proto3"; package shop; import "fairlead/options.proto"; message Q {}
            service S {
              option (fairlead.service) = { %s };
              %s
            }
            """
                .formatted(service, methods))
        .warnings("");
  }

  @Test
  void whatAServiceStatesAndNoMethodTakesIsSaid() {
    String stream = "rpc A(Q) returns (stream Q);";
    String unary = "rpc A(Q) returns (Q);";
    String where = "test.proto:3:3: warning: service S: ";
    String forUnary =
        " has no effect: it covers unary methods, and all methods of the service stream; drop it";
    assertThat(warnings("deadline: \"2s\" failure_mode: BROADCAST", stream))
        .containsExactly(
            where + "deadline \"2s\"" + forUnary, where + "failure_mode BROADCAST" + forUnary);
    assertThat(warnings("idle_timeout: \"2s\"", unary))
        .containsExactly(
            where
                + "idle_timeout \"2s\" has no effect: it covers streaming methods, and the service"
                + " has none; drop it, or write deadline");
    assertThat(warnings("retry: { attempts: 3 }", unary))
        .containsExactly(
            where
                + "retry has no effect: it covers idempotent methods, and the service has none; add"
                + " option idempotency_level = IDEMPOTENT (or NO_SIDE_EFFECTS) to an rpc, or"
                + " unsafe: true to the retry block");
    assertThat(warnings("hedging: { delay: \"1ms\" }", unary))
        .containsExactly(
            where
                + "hedging has no effect: it covers idempotent unary methods, and the service has"
                + " none; add option idempotency_level = IDEMPOTENT (or NO_SIDE_EFFECTS) to an rpc,"
                + " or unsafe: true to the hedging block");
    assertThat(warnings("retry: { per_attempt: \"1s\" unsafe: true }", stream))
        .containsExactly(where + "retry.per_attempt \"1s\"" + forUnary);
  }

  @Test
  void whatAtLeastOneMethodTakesIsNotSaid() {
    String all = "deadline: \"2s\" idle_timeout: \"1s\" failure_mode: FAILSAFE retry: {}";
    assertThat(
            warnings(
                all,
                "rpc A(Q) returns (Q) { option idempotency_level = IDEMPOTENT; } rpc B(stream Q)"
                    + " returns (Q);"))
        .isEmpty();
    assertThat(warnings(all, "")).isEmpty();
  }
}
