package io.fairlead.scaling;

import io.fairlead.RpcException;
import io.fairlead.Source;
import io.fairlead.scaling.internal.keda.ExternalScaler;
import io.fairlead.scaling.internal.keda.ExternalScalerRpc;
import io.fairlead.scaling.internal.keda.GetMetricSpecResponse;
import io.fairlead.scaling.internal.keda.GetMetricsRequest;
import io.fairlead.scaling.internal.keda.GetMetricsResponse;
import io.fairlead.scaling.internal.keda.IsActiveResponse;
import io.fairlead.scaling.internal.keda.MetricSpec;
import io.fairlead.scaling.internal.keda.MetricValue;
import io.fairlead.scaling.internal.keda.ScaledObjectRef;
import io.grpc.BindableService;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Tells KEDA how many instances services need: serve it, and name it in a trigger of type {@code
 * external} or {@code external-push}.
 *
 * <pre>{@code
 * triggers:
 *   - type: external-push
 *     metadata:
 *       scalerAddress: scaler.default:9090
 *       service: inventory
 * }</pre>
 *
 * <p>{@code service} names one of the scalers; it may be left out if there is one. The metric
 * {@code fairlead-instances} is what the scaler wants, with a target of 1, so that the number of
 * pods follows the rule of the scaler. With {@code metric: load} it is the load of the whole
 * service, with the capacity of an instance as the target, so that KEDA's own autoscaler divides.
 *
 * <p>A load that is not known is an error, never 0: KEDA then does what the ScaledObject states as
 * its {@code fallback}. Safe for use by many threads; the scalers stay the caller's.
 */
public final class KedaScaler implements BindableService {
  private static final String LOAD = "fairlead-load";
  private static final String INSTANCES = "fairlead-instances";
  private static final Duration PUSH_INTERVAL = Duration.ofSeconds(1);

  private final Map<String, Scaler> scalers = new TreeMap<>();

  /** Answers for these scalers. */
  public KedaScaler(Collection<Scaler> scalers) {
    for (Scaler scaler : scalers) {
      if (this.scalers.put(scaler.service(), scaler) != null) {
        throw new IllegalArgumentException("there are two scalers of " + scaler.service());
      }
    }
    if (this.scalers.isEmpty()) {
      throw new IllegalArgumentException("there is no scaler; give at least one");
    }
  }

  @Override
  public ServerServiceDefinition bindService() {
    return ExternalScalerRpc.bind(new Answers());
  }

  @Override
  public String toString() {
    return "KedaScaler" + scalers.keySet();
  }

  private final class Answers implements ExternalScaler {
    @Override
    public IsActiveResponse isActive(ScaledObjectRef object) {
      return active(scaler(object));
    }

    /** The present value at once, as KEDA asks for it, then each change. */
    @Override
    public Source<IsActiveResponse> streamIsActive(ScaledObjectRef object) {
      Scaler scaler = scaler(object);
      return Source.from(
          out -> {
            Optional<IsActiveResponse> sent = Optional.empty();
            while (true) {
              IsActiveResponse now = active(scaler);
              if (!sent.equals(Optional.of(now))) {
                out.send(now);
                sent = Optional.of(now);
              }
              Thread.sleep(PUSH_INTERVAL.toMillis());
            }
          });
    }

    @Override
    public GetMetricSpecResponse getMetricSpec(ScaledObjectRef object) {
      Scaler scaler = scaler(object);
      double target = countsLoad(object) ? scaler.policy().capacity() : 1;
      return GetMetricSpecResponse.newBuilder()
          .addMetricSpecs(
              MetricSpec.newBuilder()
                  .setMetricName(countsLoad(object) ? LOAD : INSTANCES)
                  .setTargetSize((long) Math.ceil(target))
                  .setTargetSizeFloat(target))
          .build();
    }

    @Override
    public GetMetricsResponse getMetrics(GetMetricsRequest request) {
      ScaledObjectRef object = request.getScaledObjectRef();
      Scaler scaler = scaler(object);
      String name = countsLoad(object) ? LOAD : INSTANCES;
      if (!request.getMetricName().equals(name)) {
        throw RpcException.answer(
            Status.Code.INVALID_ARGUMENT,
            "the metric \"%s\" is not known for %s; it is %s"
                .formatted(request.getMetricName(), scaler.service(), name));
      }
      double value = countsLoad(object) ? knownLoad(scaler) : decision(scaler).want();
      return GetMetricsResponse.newBuilder()
          .addMetricValues(
              MetricValue.newBuilder()
                  .setMetricName(name)
                  .setMetricValue((long) Math.ceil(value))
                  .setMetricValueFloat(value))
          .build();
    }
  }

  private Scaler scaler(ScaledObjectRef object) {
    String name = object.getScalerMetadataOrDefault("service", "");
    if (name.isEmpty() && scalers.size() == 1) {
      return scalers.values().iterator().next();
    }
    Scaler scaler = scalers.get(name);
    if (scaler == null) {
      throw RpcException.answer(
          Status.Code.INVALID_ARGUMENT,
          name.isEmpty()
              ? "the trigger of ScaledObject %s/%s names no service; add service: to its metadata, one of %s"
                  .formatted(object.getNamespace(), object.getName(), scalers.keySet())
              : "there is no scaler of the service \"%s\" that ScaledObject %s/%s names; there are %s"
                  .formatted(name, object.getNamespace(), object.getName(), scalers.keySet()));
    }
    return scaler;
  }

  private static boolean countsLoad(ScaledObjectRef object) {
    String metric = object.getScalerMetadataOrDefault("metric", "instances");
    return switch (metric) {
      case "instances" -> false;
      case "load" -> true;
      default ->
          throw RpcException.answer(
              Status.Code.INVALID_ARGUMENT,
              "metric: \"%s\" in ScaledObject %s/%s is not known; use instances or load"
                  .formatted(metric, object.getNamespace(), object.getName()));
    };
  }

  /** With a least of 0 a single call that waits makes it active; an unknown load is an error. */
  private static IsActiveResponse active(Scaler scaler) {
    return IsActiveResponse.newBuilder().setResult(decision(scaler).want() > 0).build();
  }

  private static ScalingDecision decision(Scaler scaler) {
    double unused = knownLoad(scaler);
    ScalingDecision decision = scaler.decision();
    if (decision == null) {
      throw notRead(scaler);
    }
    return decision;
  }

  private static double knownLoad(Scaler scaler) {
    ServiceLoad load = scaler.load();
    if (load == null) {
      throw notRead(scaler);
    }
    String unknown = scaler.whyUnknown(load);
    if (!unknown.isEmpty()) {
      throw RpcException.answer(
          Status.Code.UNAVAILABLE,
          "the load of %s is not known: %s".formatted(scaler.service(), unknown));
    }
    return LoadHistory.load(load.sample());
  }

  private static RuntimeException notRead(Scaler scaler) {
    return RpcException.answer(
        Status.Code.UNAVAILABLE,
        "the load of " + scaler.service() + " has not been read yet; ask again");
  }
}
