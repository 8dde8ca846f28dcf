package io.fairlead.scaling;

import io.fairlead.CallSettings;
import io.fairlead.client.RpcChannel;
import io.fairlead.policy.FailureMode;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.registry.etcd.EtcdRegistry;
import java.time.Duration;
import shop.v1.InventoryRpc;
import shop.v1.Reservation;
import shop.v1.ReserveRequest;

/** A process with a call that waits for the first instance: {@code WaitingClient ETCD_URL}. */
final class WaitingClient {
  private WaitingClient() {}

  public static void main(String[] args) {
    MethodPolicy patient =
        MethodPolicy.builder()
            .deadline(Duration.ofMinutes(5))
            .waitForReady(true)
            .failureMode(FailureMode.FAILFAST)
            .build();
    try (EtcdRegistry registry =
            EtcdRegistry.builder().endpoints(args[0]).ttl(Duration.ofSeconds(2)).connect();
        WaitingReporter waiting = WaitingReporter.builder().open(registry, "inventory");
        RpcChannel channel =
            RpcChannel.to("etcd:///inventory").registry(registry).intercept(waiting).build()) {
      Reservation answer =
          InventoryRpc.client(
                  channel.with(
                      CallSettings.builder()
                          .policy(patient)
                          .deadline(Duration.ofMinutes(5))
                          .build()))
              .reserve(ReserveRequest.getDefaultInstance());
      System.out.println("answered: " + answer.getId());
    }
  }
}
