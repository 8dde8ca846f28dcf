package io.fairlead.telemetry.opentelemetry;

import io.fairlead.client.RpcChannel;
import io.fairlead.server.RpcServer;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.Tracer;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes spans of calls, of their attempts, and of handlers, through the API of OpenTelemetry. The
 * headers are those of the propagators that the application has configured.
 *
 * <pre>{@code
 * OpenTelemetryTracing tracing = OpenTelemetryTracing.create(openTelemetry);
 * RpcServer server = tracing.addTo(RpcServer.builder("inventory"))....start();
 * RpcChannel channel = tracing.addTo(RpcChannel.to("etcd:///pricing")).build();
 * }</pre>
 *
 * <p>With {@link Builder#sampled} a call that is not recorded costs the SDK nothing.
 *
 * <p>A span that is current when a call is made is the parent of the call. Without one, that is the
 * span of the handler that makes it, also from a continuation that uses {@link
 * io.fairlead.CallContext#channel}. Use it in place of {@link io.fairlead.telemetry.Tracing}: the
 * access log and explanations name its traces as well. Safe for use by many threads.
 */
public final class OpenTelemetryTracing {
  private final ClientTracing client;
  private final ServerTracing server;

  private OpenTelemetryTracing(
      Tracer tracer, MetadataPropagator propagator, @Nullable HeadSampler sampler) {
    this.client = new ClientTracing(tracer, propagator, sampler);
    this.server = new ServerTracing(tracer, propagator, sampler);
  }

  /**
   * Returns one that makes spans with this, and writes headers with its propagators. Its sampler
   * decides which spans are recorded.
   */
  public static OpenTelemetryTracing create(OpenTelemetry openTelemetry) {
    return builder(openTelemetry).build();
  }

  /** Starts to describe one that makes spans with this. */
  public static Builder builder(OpenTelemetry openTelemetry) {
    return new Builder(openTelemetry);
  }

  /** Traces the calls of a channel. Returns the same builder. */
  public RpcChannel.Builder addTo(RpcChannel.Builder channel) {
    return channel.intercept(client).interceptAttempts(client.attempts()).observer(client);
  }

  /** Traces the calls of a server. Returns the same builder. */
  public RpcServer.Builder addTo(RpcServer.Builder builder) {
    return builder.observer(server);
  }

  /** Describes a tracing. */
  public static final class Builder {
    private final OpenTelemetry openTelemetry;
    private double share = -1;
    private DoubleSupplier random = () -> ThreadLocalRandom.current().nextDouble();

    private Builder(OpenTelemetry openTelemetry) {
      this.openTelemetry = Objects.requireNonNull(openTelemetry, "openTelemetry");
    }

    /**
     * Sets the share of traces that begin here, from 0 to 1, which are recorded, and decides it
     * before the SDK is asked for anything. Default: the sampler of the SDK decides, which has ids
     * and a context made for each call, recorded or not.
     *
     * <p>A call below a span that is recorded, here or in another process, is recorded, and one
     * below a span that is not is not. A call that is not recorded has ids for logs, and sends them
     * on with the flag "not sampled". The sampler of the SDK still has its say about the others, so
     * leave it at its default, which records them.
     */
    public Builder sampled(double share) {
      if (!(share >= 0 && share <= 1)) {
        throw new IllegalArgumentException("sampled " + share + " is not between 0 and 1");
      }
      this.share = share;
      return this;
    }

    /** For tests: numbers from 0 to 1, which choose the sample. */
    Builder random(DoubleSupplier source) {
      random = source;
      return this;
    }

    /**
     * Makes it.
     *
     * @throws IllegalStateException if a share is set and the propagators are not those of W3C
     */
    public OpenTelemetryTracing build() {
      MetadataPropagator propagator =
          new MetadataPropagator(openTelemetry.getPropagators().getTextMapPropagator());
      if (share >= 0 && !propagator.isW3c()) {
        throw new IllegalStateException(
            "sampled("
                + share
                + ") needs propagators of W3C headers alone, and those of this OpenTelemetry have "
                + propagator.names()
                + "; give it W3CTraceContextPropagator, and W3CBaggagePropagator if you like, or"
                + " leave sampling to the sampler of the SDK");
      }
      return new OpenTelemetryTracing(
          openTelemetry.getTracer("io.fairlead"),
          propagator,
          share < 0 ? null : new HeadSampler(share, random));
    }
  }
}
