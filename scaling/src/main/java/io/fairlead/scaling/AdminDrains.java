package io.fairlead.scaling;

import io.fairlead.admin.v1.AdminAsync;
import io.fairlead.admin.v1.AdminRpc;
import io.fairlead.admin.v1.DrainRequest;
import io.fairlead.admin.v1.GetStateRequest;
import io.fairlead.admin.v1.ProcessState;
import io.fairlead.admin.v1.ServerState;
import io.fairlead.admin.v1.Step;
import io.fairlead.admin.v1.UndrainRequest;
import io.fairlead.balance.BalancingOptions;
import io.fairlead.client.RpcChannel;
import io.fairlead.discovery.Endpoint;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/** Drains through the admin service of each instance, which stands on the port of its calls. */
final class AdminDrains implements Drains {
  private static final String DRAINED = "drained: ";

  private final UnaryOperator<RpcChannel.Builder> channels;

  AdminDrains(UnaryOperator<RpcChannel.Builder> channels) {
    this.channels = channels;
  }

  @Override
  public CompletionStage<Void> drain(Endpoint endpoint, String reason) {
    return ask(
        endpoint,
        admin ->
            admin.drain(DrainRequest.newBuilder().setReason(reason).build()).thenApply(r -> null));
  }

  @Override
  public CompletionStage<Void> undrain(Endpoint endpoint, String reason) {
    return ask(
        endpoint,
        admin ->
            admin
                .undrain(UndrainRequest.newBuilder().setReason(reason).build())
                .thenApply(r -> null));
  }

  @Override
  public CompletionStage<String> whyDrained(Endpoint endpoint) {
    return ask(
        endpoint,
        admin ->
            admin
                .getState(GetStateRequest.getDefaultInstance())
                .thenApply(AdminDrains::whyDrained));
  }

  /** The last step says it, while nothing was done to the server since. */
  private static String whyDrained(ProcessState state) {
    for (ServerState server : state.getServersList()) {
      if (server.getHistoryCount() > 0) {
        Step last = server.getHistory(server.getHistoryCount() - 1);
        if (last.getDetail().startsWith(DRAINED)) {
          return last.getDetail().substring(DRAINED.length());
        }
      }
    }
    return "";
  }

  /** A channel for one action: there are few, and an instance may be gone afterwards. */
  private <T> CompletionStage<T> ask(
      Endpoint endpoint, Function<AdminAsync, CompletionStage<T>> action) {
    RpcChannel channel =
        channels
            .apply(
                RpcChannel.to(endpoint.addresses().get(0).hostAndPort())
                    // A server that drains says that it takes no calls.
                    .balancing(BalancingOptions.builder().withoutHealth().build()))
            .build();
    try {
      // Not on the thread of the connection, as closing may wait for it.
      return action
          .apply(AdminRpc.asyncClient(channel))
          .whenCompleteAsync((response, failure) -> channel.close());
    } catch (RuntimeException | Error e) {
      channel.close();
      throw e;
    }
  }

  @Override
  public void close() {
    // Each channel ends with its action.
  }
}
