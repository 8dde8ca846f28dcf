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

  /** How many ran when they were counted last; below 0 if an order was carried out since. */
  private int counted = -1;

  /** Uses a channel to that process. The channel stays the caller's. */
  public RemoteActuator(RpcChannel channel) {
    this.channel = channel;
    this.instances = InstancesRpc.client(channel);
  }

  @Override
  public synchronized List<String> instances() throws IOException {
    List<String> ids = call(() -> instances.list(ListRequest.getDefaultInstance())).getIdsList();
    counted = ids.size();
    return ids;
  }

  /** Says up to which number, so that an order that is repeated while it is under way adds none. */
  @Override
  public synchronized void start(int count, Order order) throws IOException {
    int before = counted >= 0 ? counted : instances().size();
    var unused =
        call(
            () ->
                instances.start(
                    StartRequest.newBuilder()
                        .setCount(count)
                        .setUpTo(before + count)
                        .setFencingToken(order.fencingToken())
                        .setReason(order.reason())
                        .build()));
    counted = -1;
  }

  @Override
  public synchronized void stop(List<String> ids, Order order) throws IOException {
    var unused =
        call(
            () ->
                instances.stop(
                    StopRequest.newBuilder()
                        .addAllIds(ids)
                        .setFencingToken(order.fencingToken())
                        .setReason(order.reason())
                        .build()));
    counted = -1;
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
    } catch (RuntimeException e) {
      // Such as a channel that is closed, or credentials that cannot be read.
      throw new IOException("the actuator at %s: %s".formatted(channel.target(), e), e);
    }
  }

  @Override
  public String toString() {
    return "RemoteActuator[" + channel.target() + "]";
  }
}
