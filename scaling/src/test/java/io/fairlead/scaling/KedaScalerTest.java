package io.fairlead.scaling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.fairlead.RpcException;
import io.fairlead.Source;
import io.fairlead.client.RpcChannel;
import io.fairlead.scaling.internal.keda.ExternalScaler;
import io.fairlead.scaling.internal.keda.ExternalScalerRpc;
import io.fairlead.scaling.internal.keda.GetMetricsRequest;
import io.fairlead.scaling.internal.keda.IsActiveResponse;
import io.fairlead.scaling.internal.keda.MetricSpec;
import io.fairlead.scaling.internal.keda.MetricValue;
import io.fairlead.scaling.internal.keda.ScaledObjectRef;
import io.fairlead.server.RpcServer;
import io.grpc.Status;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What KEDA hears, by its own protocol. */
@Timeout(60)
class KedaScalerTest {
  private double offered = 47.5;
  private String away = "";

  private final Scaler scaler =
      Scaler.builder("inventory", this::read, ScalingPolicy.builder(2.5).max(50).build())
          .clock(() -> Instant.EPOCH)
          .manual();
  private final RpcServer server =
      RpcServer.builder("scaler")
          .host("127.0.0.1")
          .service(new KedaScaler(List.of(scaler)))
          .timeouts(t -> t.drainTimeout(Duration.ZERO))
          .start();
  private final RpcChannel channel = RpcChannel.to("127.0.0.1:" + server.port()).build();
  private final ExternalScaler keda = ExternalScalerRpc.client(channel);

  private ServiceLoad read() {
    LoadSample.Builder sample = LoadSample.builder(Instant.EPOCH).instances(3, 0);
    return new ServiceLoad(
        (away.isEmpty() ? sample.offered(offered) : sample.unknown(away)).build(), List.of());
  }

  @AfterEach
  void close() {
    channel.close();
    server.close();
  }

  private static ScaledObjectRef object(String... metadata) {
    ScaledObjectRef.Builder object =
        ScaledObjectRef.newBuilder().setName("inventory").setNamespace("shop");
    for (int i = 0; i < metadata.length; i += 2) {
      object.putScalerMetadata(metadata[i], metadata[i + 1]);
    }
    return object.build();
  }

  private MetricValue value(ScaledObjectRef object, String name) {
    return keda.getMetrics(
            GetMetricsRequest.newBuilder().setScaledObjectRef(object).setMetricName(name).build())
        .getMetricValues(0);
  }

  private static RpcException failure(Runnable call) {
    RpcException failure = catchThrowableOfType(RpcException.class, call::run);
    assertThat(failure).isNotNull();
    return failure;
  }

  @Test
  void kedaFollowsTheRule() {
    scaler.tick();
    MetricSpec spec = keda.getMetricSpec(object()).getMetricSpecs(0);
    assertThat(spec.getMetricName()).isEqualTo("fairlead-instances");
    assertThat(spec.getTargetSizeFloat()).isEqualTo(1);
    assertThat(spec.getTargetSize()).isEqualTo(1);
    assertThat(value(object(), "fairlead-instances").getMetricValueFloat()).isEqualTo(19);
    assertThat(keda.isActive(object("service", "inventory")).getResult()).isTrue();
  }

  @Test
  void kedaMayDivideByItself() {
    scaler.tick();
    ScaledObjectRef object = object("metric", "load");
    MetricSpec spec = keda.getMetricSpec(object).getMetricSpecs(0);
    assertThat(spec.getTargetSizeFloat()).isEqualTo(2.5);
    assertThat(spec.getTargetSize()).as("rounded up, for old versions").isEqualTo(3);
    MetricValue value = value(object, "fairlead-load");
    assertThat(value.getMetricValueFloat()).isEqualTo(47.5);
    assertThat(value.getMetricValue()).as("rounded up, for old versions").isEqualTo(48);
  }

  @Test
  void anUnknownLoadIsAnErrorAndNever0() {
    assertThat(failure(() -> value(object(), "fairlead-instances")).code())
        .isEqualTo(Status.Code.UNAVAILABLE);
    scaler.tick();
    away = "the registry is away";
    scaler.tick();
    for (RpcException failure :
        List.of(
            failure(() -> value(object(), "fairlead-instances")),
            failure(() -> value(object("metric", "load"), "fairlead-load")),
            failure(() -> keda.isActive(object())))) {
      assertThat(failure.code()).isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(failure)
          .hasMessageContaining("the load of inventory is not known: the registry is away");
    }
  }

  @Test
  void aStreamBeginsWithThePresent() {
    scaler.tick();
    try (Source<IsActiveResponse> stream = keda.streamIsActive(object())) {
      assertThat(stream.read()).isEqualTo(IsActiveResponse.newBuilder().setResult(true).build());
    }
  }

  @Test
  void aTriggerThatIsWrongHearsWhatIsRight() {
    scaler.tick();
    assertThat(failure(() -> keda.getMetricSpec(object("service", "pricing"))))
        .hasMessageContaining(
            "there is no scaler of the service \"pricing\" that ScaledObject shop/inventory names;"
                + " there are [inventory]");
    assertThat(failure(() -> keda.getMetricSpec(object("metric", "cpu"))))
        .hasMessageContaining(
            "metric: \"cpu\" in ScaledObject shop/inventory is not known; use instances or load");
    assertThat(failure(() -> value(object(), "s0-other")))
        .hasMessageContaining("the metric \"s0-other\" is not known for inventory");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new KedaScaler(List.of()))
        .withMessage("there is no scaler; give at least one");
  }
}
