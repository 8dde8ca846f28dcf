package io.fairlead.junit5;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import io.fairlead.client.RpcChannel;
import io.fairlead.policy.FailureMode;
import io.fairlead.policy.MethodPolicy;
import io.grpc.ConnectivityState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.platform.testkit.engine.EngineTestKit;
import shop.v1.Inventory;
import shop.v1.InventoryRpc;
import shop.v1.Reservation;
import shop.v1.ReserveRequest;

class FairleadExtensionTest {
  private static final ReserveRequest KETTLE = ReserveRequest.newBuilder().setSku("kettle").build();

  /** A machine that does much else would meet the contract's deadline. */
  private static final MethodPolicy PATIENT =
      MethodPolicy.builder()
          .deadline(Duration.ofMinutes(1))
          .failureMode(FailureMode.FAILFAST)
          .build();

  private static FairleadExtension.Builder inventory() {
    return FairleadExtension.builder()
        .channel(
            channel ->
                channel
                    .service(InventoryRpc.service())
                    .policy(InventoryRpc.RESERVE.fullName(), PATIENT))
        .service(
            InventoryRpc.bind(
                new Inventory() {
                  @Override
                  public Reservation reserve(ReserveRequest request) {
                    return Reservation.newBuilder().setSku(request.getSku()).build();
                  }
                }));
  }

  private static String reserved(FairleadExtension fairlead) {
    return InventoryRpc.client(fairlead.channel()).reserve(KETTLE).getSku();
  }

  @Nested
  class OfOneTest {
    @RegisterExtension final FairleadExtension fairlead = inventory().build();

    @Test
    void theChannelReachesTheServer() {
      assertThat(reserved(fairlead)).isEqualTo("kettle");
      assertThat(fairlead.port()).isPositive();
    }

    @Test
    void anEtcdThatNobodyAskedForNamesTheWayOut() {
      assertThatThrownBy(fairlead::etcd)
          .hasMessage("this FairleadExtension has no etcd; call etcd() on its builder");
    }
  }

  @Nested
  class OfAnEtcd {
    @RegisterExtension
    final FairleadExtension fairlead = inventory().name("inventory").etcd().build();

    @Test
    void theChannelFindsTheServerThere() {
      assertThat(reserved(fairlead)).isEqualTo("kettle");
      assertThat(fairlead.etcd().leases()).hasSize(1);
    }
  }

  @Test
  void staticExtensionIsClosedAfterItsClassEvenOnFailure() {
    Seen.CHANNELS.clear();
    EngineTestKit.engine("junit-jupiter")
        .selectors(selectClass(ForItsClass.class), selectClass(ForEachTest.class))
        .execute()
        .testEvents()
        .assertStatistics(stats -> stats.succeeded(3).failed(1));
    List<RpcChannel> seen = Seen.CHANNELS;
    assertThat(seen).hasSize(4);
    assertThat(seen.stream().distinct()).hasSize(3);
    assertThat(seen).allMatch(channel -> channel.state() == ConnectivityState.SHUTDOWN);
  }

  @Test
  void outsideOfATestItNamesTheWayOut() {
    assertThatThrownBy(() -> inventory().build().channel())
        .hasMessage(
            "this FairleadExtension does not run; annotate its field with @RegisterExtension, and"
                + " use it from within a test");
    assertThatThrownBy(() -> FairleadExtension.builder().build())
        .hasMessage(
            "a FairleadExtension needs a service; add one with service(InventoryRpc.bind(...))");
  }

  static final class Seen {
    static final List<RpcChannel> CHANNELS = new ArrayList<>();

    private Seen() {}
  }

  /** Run by the engine within a test, not by itself. */
  static class ForItsClass {
    @RegisterExtension static final FairleadExtension FAIRLEAD = inventory().build();

    @Test
    void one() {
      Seen.CHANNELS.add(FAIRLEAD.channel());
      assertThat(reserved(FAIRLEAD)).isEqualTo("kettle");
    }

    @Test
    void two() {
      Seen.CHANNELS.add(FAIRLEAD.channel());
      assertThat(reserved(FAIRLEAD)).isEqualTo("kettle");
    }
  }

  /** Run by the engine within a test, not by itself. */
  static class ForEachTest {
    @RegisterExtension final FairleadExtension fairlead = inventory().build();

    @Test
    void one() {
      Seen.CHANNELS.add(fairlead.channel());
      assertThat(reserved(fairlead)).isEqualTo("kettle");
    }

    @Test
    void two() {
      Seen.CHANNELS.add(fairlead.channel());
      throw new IllegalStateException("fails on purpose");
    }
  }
}
