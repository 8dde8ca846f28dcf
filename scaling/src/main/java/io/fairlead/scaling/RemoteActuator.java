package io.fairlead.scaling;

import io.fairlead.client.RpcChannel;
import io.fairlead.scaling.internal.instances.Instances;
import io.fairlead.scaling.internal.instances.InstancesRpc;
import io.fairlead.scaling.internal.instances.ListRequest;
import io.fairlead.scaling.internal.instances.StartRequest;
import io.fairlead.scaling.internal.instances.StopRequest;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.util.List;
import java.util.function.Supplier;

/** The actuator of another process, which serves it with {@link ActuatorService}. */
public final class RemoteActuator implements Actuator {
  private final RpcChannel channel;
  private final Instances instances;

  /** Uses a channel to that process. The channel stays the caller's. */
  public RemoteActuator(RpcChannel channel) {
    this.channel = channel;
    this.instances = InstancesRpc.client(channel);
  }

  @Override
  public List<String> instances() throws IOException {
    return call(() -> instances.list(ListRequest.getDefaultInstance())).getIdsList();
  }

  @Override
  public void start(int count, Order order) throws IOException {
    var unused =
        call(
            () ->
                instances.start(
                    StartRequest.newBuilder()
                        .setCount(count)
                        .setFencingToken(order.fencingToken())
                        .setReason(order.reason())
                        .build()));
  }

  @Override
  public void stop(List<String> ids, Order order) throws IOException {
    var unused =
        call(
            () ->
                instances.stop(
                    StopRequest.newBuilder()
                        .addAllIds(ids)
                        .setFencingToken(order.fencingToken())
                        .setReason(order.reason())
                        .build()));
  }

  private <T> T call(Supplier<T> call) throws IOException {
    try {
      return call.get();
    } catch (StatusRuntimeException e) {
      String description = String.valueOf(e.getStatus().getDescription());
      if (e.getStatus().getCode() == Status.Code.ABORTED) {
        throw new StaleOrderException(description);
      }
      throw new IOException(
          "the actuator at %s: %s: %s"
              .formatted(channel.target(), e.getStatus().getCode(), description),
          e);
    }
  }

  @Override
  public String toString() {
    return "RemoteActuator[" + channel.target() + "]";
  }
}
