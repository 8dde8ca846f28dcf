package io.fairlead.samples.aiplatform.common;

import io.fairlead.CallSettings;
import io.fairlead.EndpointSelector;
import io.fairlead.balance.BalancingOptions;
import io.fairlead.balance.OutlierDetectionPolicy;
import io.fairlead.client.RpcChannel;
import io.fairlead.policy.CircuitBreakerPolicy;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.policy.RetryPolicy;
import io.fairlead.samples.aiplatform.api.inference.GRPCInferenceServiceRpc;
import io.fairlead.samples.aiplatform.api.inference.ModelInferRequest;
import io.fairlead.samples.aiplatform.api.inference.ModelInferResponse;
import java.time.Duration;
import java.util.List;

/** Calls of model servers, as their protocol wants them. */
public final class Inference {
  private Inference() {}

  /**
   * The protocol is given and states no policy, so its callers do: asking twice does no harm.
   *
   * <p>A server that hangs costs a caller one attempt, and not the whole deadline. A server that
   * has too much to do is none that hangs: it refuses with RESOURCE_EXHAUSTED in half of that time.
   * Such an answer is not retried, as that would add to the load, and no breaker counts it.
   */
  public static RpcChannel.Builder policy(RpcChannel.Builder channel) {
    return policy(channel, CircuitBreakerPolicy.standard());
  }

  /** Does the same, with settings for the breaker of each server. */
  public static RpcChannel.Builder policy(
      RpcChannel.Builder channel, CircuitBreakerPolicy endpointBreaker) {
    return channel
        .balancing(
            BalancingOptions.builder()
                // There are few: one that comes back must not stay away for the default of 30 s.
                .outlierDetection(
                    OutlierDetectionPolicy.builder()
                        .interval(Duration.ofSeconds(1))
                        .baseEjection(Duration.ofSeconds(2))
                        .build())
                .build())
        .policy(
            GRPCInferenceServiceRpc.SERVICE_NAME,
            MethodPolicy.builder()
                .deadline(Duration.ofSeconds(3))
                .retry(
                    RetryPolicy.builder()
                        .attempts(3)
                        .perAttempt(Duration.ofSeconds(1))
                        .unsafe(true)
                        .build())
                .endpointBreaker(endpointBreaker)
                .build());
  }

  /** Returns the tag of servers of a version, by which callers find them. */
  public static String serves(String model, String version) {
    return model + "-" + version;
  }

  /** Returns settings for calls that go to servers of this version alone. */
  public static CallSettings version(String model, int version) {
    return only("serves", serves(model, Integer.toString(version)));
  }

  /** Returns the same for calls that go to a device, such as {@code gpu}, if a server has it. */
  public static CallSettings version(String model, int version, String device) {
    return CallSettings.builder()
        .endpointSelector(
            new EndpointSelector("serves", serves(model, Integer.toString(version)), true))
        .policy(DeviceBalancer.preferring(device))
        .build();
  }

  /** Returns settings for calls that go to this server alone. */
  public static CallSettings instance(String id) {
    return only("instance", id);
  }

  private static CallSettings only(String tag, String value) {
    return CallSettings.builder().endpointSelector(new EndpointSelector(tag, value, true)).build();
  }

  /** Returns a request for rows of features. */
  public static ModelInferRequest request(String model, String id, List<float[]> rows) {
    int width = rows.get(0).length;
    float[] values = new float[rows.size() * width];
    for (int row = 0; row < rows.size(); row++) {
      System.arraycopy(rows.get(row), 0, values, row * width, width);
    }
    return ModelInferRequest.newBuilder()
        .setModelName(model)
        .setId(id)
        .addInputs(
            ModelInferRequest.InferInputTensor.newBuilder()
                .setName("features")
                .setDatatype("FP32")
                .addShape(rows.size())
                .addShape(width))
        .addRawInputContents(Floats.toBytes(values))
        .build();
  }

  /** Returns the probabilities of a response, for all rows. */
  public static float[] probabilities(ModelInferResponse response) {
    return Floats.of(response.getRawOutputContents(0));
  }

  /** Returns the id of the server that answered. */
  public static String servedBy(ModelInferResponse response) {
    return parameter(response, "served_by");
  }

  /** Returns what the model of the server ran on. */
  public static String device(ModelInferResponse response) {
    return parameter(response, "device");
  }

  private static String parameter(ModelInferResponse response, String name) {
    return response.getParametersMap().containsKey(name)
        ? response.getParametersOrThrow(name).getStringParam()
        : "";
  }
}
