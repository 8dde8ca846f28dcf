package io.fairlead.samples.aiplatform.common;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.balance.Balancer;
import io.fairlead.balance.BalancerConfigReader;
import io.fairlead.balance.Balancers;
import io.fairlead.balance.EndpointView;
import io.fairlead.balance.Pick;
import io.fairlead.discovery.Endpoint;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class DeviceBalancerTest {
  private record Server(Endpoint endpoint, int inFlight) implements EndpointView {
    static Server of(String id, String device, int inFlight) {
      return new Server(
          Endpoint.of(id, "127.0.0.1", 1).toBuilder()
              .tags(Map.of(DeviceBalancer.TAG, device))
              .build(),
          inFlight);
    }

    @Override
    public double latencyNanos() {
      return 0;
    }

    @Override
    public double failureRate() {
      return 0;
    }

    @Override
    public double reportedWeight() {
      return 0;
    }
  }

  /** A pick that may not go to some servers. */
  private static final class Choice implements Pick {
    private final Set<String> refused;
    private String reason = "";

    Choice(String... refused) {
      this.refused = Set.of(refused);
    }

    @Override
    public boolean allows(EndpointView endpoint) {
      return !refused.contains(endpoint.id());
    }

    @Override
    public long key() {
      return 0;
    }

    @Override
    public boolean hasKey() {
      return false;
    }

    @Override
    public long totalInFlight() {
      return 0;
    }

    @Override
    public int random(int bound) {
      return bound - 1;
    }

    @Override
    public void reason(String text) {
      reason = text;
    }

    @Override
    public void reason(String template, long first, long second) {
      reason = template.replace("{0}", Long.toString(first));
    }
  }

  private final List<EndpointView> servers =
      List.of(
          Server.of("cpu-1", "cpu", 0),
          Server.of("gpu-1", "gpu", 7),
          Server.of("gpu-2", "gpu", 5),
          Server.of("cpu-2", "cpu", 2));

  private static @Nullable String pick(List<EndpointView> usable, String device, Choice choice) {
    Balancer balancer =
        new DeviceBalancer().create(new BalancerConfigReader("device", Map.of("prefer", device)));
    EndpointView chosen = balancer.picker(new Balancer.Candidates(usable, usable)).pick(choice);
    return chosen == null ? null : chosen.id();
  }

  @Test
  void itIsKnownByItsName() {
    assertThat(Balancers.names()).contains("device");
  }

  @Test
  void theLeastLoadedServerWithTheDeviceIsChosen() {
    Choice choice = new Choice();
    assertThat(pick(servers, "gpu", choice)).isEqualTo("gpu-2");
    assertThat(choice.reason).isEqualTo("device: a server with gpu, 5 in flight");
    assertThat(pick(servers, "cpu", choice)).isEqualTo("cpu-1");
  }

  @Test
  void anotherDeviceTakesTheCallIfNoneWithItMayAndTheReasonSaysSo() {
    Choice choice = new Choice("gpu-1", "gpu-2");
    assertThat(pick(servers, "gpu", choice)).isEqualTo("cpu-1");
    assertThat(choice.reason)
        .isEqualTo("device: no server with gpu takes the call, so another one does");
    assertThat(pick(servers.subList(0, 1), "gpu", new Choice())).isEqualTo("cpu-1");
  }

  @Test
  void nobodyIsChosenIfNobodyMayTakeIt() {
    assertThat(pick(servers.subList(0, 2), "gpu", new Choice("cpu-1", "gpu-1"))).isNull();
  }
}
