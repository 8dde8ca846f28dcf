package io.fairlead.scaling;

import io.fairlead.RpcException;
import io.fairlead.scaling.internal.instances.Instances;
import io.fairlead.scaling.internal.instances.InstancesRpc;
import io.fairlead.scaling.internal.instances.ListRequest;
import io.fairlead.scaling.internal.instances.ListResponse;
import io.fairlead.scaling.internal.instances.StartRequest;
import io.fairlead.scaling.internal.instances.StartResponse;
import io.fairlead.scaling.internal.instances.StopRequest;
import io.fairlead.scaling.internal.instances.StopResponse;
import io.grpc.BindableService;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import java.io.IOException;
import java.util.Objects;

/**
 * Serves an actuator to deciders in other processes, which use {@link RemoteActuator}. A decider
 * may then die without the instances, and another one takes over.
 *
 * <p>Its contract asks for the scopes {@code fairlead.scaling.read} and {@code
 * fairlead.scaling.write}, so a server without an authorizer does not start with it. The actuator
 * stays the caller's.
 */
public final class ActuatorService implements BindableService {
  private static final int MOST_AT_ONCE = 10_000;

  private final Actuator actuator;

  /** Serves this one. */
  public ActuatorService(Actuator actuator) {
    this.actuator = Objects.requireNonNull(actuator, "actuator");
  }

  @Override
  public ServerServiceDefinition bindService() {
    return InstancesRpc.bind(new Orders());
  }

  @Override
  public String toString() {
    return "ActuatorService[" + actuator + "]";
  }

  private final class Orders implements Instances {
    @Override
    public ListResponse list(ListRequest request) {
      try {
        return ListResponse.newBuilder().addAllIds(actuator.instances()).build();
      } catch (IOException e) {
        throw failure(e);
      }
    }

    @Override
    public StartResponse start(StartRequest request) {
      if (request.getCount() < 1 || request.getCount() > MOST_AT_ONCE) {
        throw RpcException.answer(
            Status.Code.INVALID_ARGUMENT,
            "count is %d; use 1 to %d".formatted(request.getCount(), MOST_AT_ONCE));
      }
      Actuator.Order order = order(request.getFencingToken(), request.getReason());
      try {
        // One after the other: a caller may have lost patience with one that is still under way.
        synchronized (this) {
          int count =
              request.getUpTo() == 0
                  ? request.getCount()
                  : Math.min(request.getCount(), request.getUpTo() - actuator.instances().size());
          if (count > 0) {
            actuator.start(count, order);
          }
        }
      } catch (IOException e) {
        throw failure(e);
      }
      return StartResponse.getDefaultInstance();
    }

    @Override
    public StopResponse stop(StopRequest request) {
      try {
        actuator.stop(request.getIdsList(), order(request.getFencingToken(), request.getReason()));
      } catch (IOException e) {
        throw failure(e);
      }
      return StopResponse.getDefaultInstance();
    }
  }

  private static Actuator.Order order(long token, String reason) {
    if (token < 0) {
      throw RpcException.answer(
          Status.Code.INVALID_ARGUMENT, "fencing_token is %d; use 0 or more".formatted(token));
    }
    return new Actuator.Order(token, reason);
  }

  private static RuntimeException failure(IOException e) {
    return RpcException.answer(
        e instanceof StaleOrderException ? Status.Code.ABORTED : Status.Code.INTERNAL,
        String.valueOf(e.getMessage()));
  }
}
