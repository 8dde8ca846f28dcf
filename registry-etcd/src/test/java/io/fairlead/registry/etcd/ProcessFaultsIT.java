package io.fairlead.registry.etcd;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.client.RpcChannel;
import io.fairlead.discovery.Endpoint;
import io.fairlead.discovery.Registration.State;
import io.fairlead.discovery.Resolution.Freshness;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.policy.RetryPolicy;
import io.fairlead.testkit.EtcdRelease;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Faults of whole processes, on real etcds: children of this one are stopped and killed. */
@ParameterizedClass
@EnumSource
@Execution(ExecutionMode.CONCURRENT)
final class ProcessFaultsIT {
  private final EtcdRelease release;
  private RealWorld world;

  ProcessFaultsIT(EtcdRelease release) {
    this.release = release;
  }

  @BeforeEach
  void openWorld() {
    world = new RealWorld(release);
  }

  @AfterEach
  void closeWorld() {
    // Nothing was opened where etcd is missing, and the test was skipped.
    if (world != null) {
      world.close();
    }
  }

  private Child child(String kind, String id) {
    Child child = Child.start("http://" + world.proxy().authority(), kind, id);
    world.soon(id + " registered", () -> child.last("REGISTERED"));
    return child;
  }

  @Test
  void aKilledServerIsOutOfRotationAtOnceAndOutOfEtcdWithinTheTtl() {
    EtcdRegistry registry = world.registry();
    RecordedResolutions recordedResolutions = world.watched(registry, "shop");
    try (Child killed = child("server", "a");
        Child left = child("server", "b");
        RpcChannel channel =
            RpcChannel.to("etcd:///shop")
                .registry(registry)
                .policy(
                    "*",
                    MethodPolicy.builder()
                        .retry(RetryPolicy.builder().attempts(3).unsafe().build())
                        .build())
                .build();
        RpcChannel bare = RpcChannel.to("etcd:///shop").registry(registry).build();
        HealthLoad load = HealthLoad.start(channel);
        HealthLoad bareLoad = HealthLoad.start(bare)) {
      world.soon("both seen", () -> recordedResolutions.ids().equals(List.of("a", "b")));
      load.awaitMore(200);
      bareLoad.awaitMore(200);
      killed.signal("KILL");
      killed.awaitEnd();
      load.awaitMore(200);
      bareLoad.awaitMore(200);
      world.within(world.ttl(), "out of etcd", () -> world.get("shop/a").isEmpty());
      world.soon(
          "seen",
          () ->
              recordedResolutions.ids().equals(List.of("b"))
                  || recordedResolutions.bound(Freshness.PRESERVED));
      load.awaitMore(200);
      assertThat(load.failures()).isEmpty();
      // Without retries it costs what was under way, and nothing after that.
      assertThat(bareLoad.failures()).hasSizeLessThanOrEqualTo(HealthLoad.CALLERS);
      assertThat(left.last("REGISTERED")).isTrue();
    }
  }

  @Test
  void aServerThatWasStoppedBeyondTheTtlRegistersAgain() {
    try (Child child = child("server", "a")) {
      child.signal("STOP");
      world.within(world.ttl().plusSeconds(1), "out of etcd", () -> world.get("shop/a").isEmpty());
      child.signal("CONT");
      world.within(Duration.ofSeconds(2), "back", () -> !world.get("shop/a").isEmpty());
      world.soon("said so", () -> child.last("REGISTERED"));
      assertThat(child.said()).contains("state LOST");
    }
  }

  @Test
  void resumedStaleHolderNoticesItsLoss() {
    try (Child stale = child("exclusive", "only")) {
      long token = Long.parseLong(stale.said().get(stale.said().size() - 1).split(" ", -1)[2]);
      ExclusiveRegistration heir =
          world.registry().registerExclusively("boss", Endpoint.of("only", "10.0.0.2", 1));
      world.soon("in line", () -> heir.status().detail().contains("somebody else"));
      stale.signal("STOP");
      world.within(world.ttl().plusSeconds(1), "inherited", () -> World.is(heir, State.REGISTERED));
      assertThat(heir.fencingToken().orElseThrow()).isGreaterThan(token);
      stale.signal("CONT");
      world.within(Duration.ofSeconds(2), "found out", () -> stale.last("DISPLACED 0"));
      assertThat(World.is(heir, State.REGISTERED)).isTrue();
    }
  }

  @Test
  void theNameOfAKilledHolderIsFreeWithinTheTtl() {
    try (Child killed = child("exclusive", "only")) {
      ExclusiveRegistration heir =
          world.registry().registerExclusively("boss", Endpoint.of("only", "10.0.0.2", 1));
      world.soon("in line", () -> heir.status().detail().contains("somebody else"));
      killed.signal("KILL");
      world.within(world.ttl().plusSeconds(1), "inherited", () -> World.is(heir, State.REGISTERED));
    }
  }
}
