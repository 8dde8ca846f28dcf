package io.fairlead.telemetry.opentelemetry;

import io.fairlead.client.RpcChannel;
import io.fairlead.server.RpcServer;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.Tracer;

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
 * <p>A span that is current when a call is made is the parent of the call. Without one, that is the
 * span of the handler that makes it, also from a continuation that uses {@link
 * io.fairlead.CallContext#channel}. Use it in place of {@link io.fairlead.telemetry.Tracing}: the
 * access log and explanations name its traces as well. Safe for use by many threads.
 */
public final class OpenTelemetryTracing {
  private final ClientTracing client;
  private final ServerTracing server;

  private OpenTelemetryTracing(Tracer tracer, MetadataPropagator propagator) {
    this.client = new ClientTracing(tracer, propagator);
    this.server = new ServerTracing(tracer, propagator);
  }

  /** Returns one that makes spans with this, and writes headers with its propagators. */
  public static OpenTelemetryTracing create(OpenTelemetry openTelemetry) {
    return new OpenTelemetryTracing(
        openTelemetry.getTracer("io.fairlead"),
        new MetadataPropagator(openTelemetry.getPropagators().getTextMapPropagator()));
  }

  /** Traces the calls of a channel. Returns the same builder. */
  public RpcChannel.Builder addTo(RpcChannel.Builder channel) {
    return channel.intercept(client).interceptAttempts(client.attempts()).observer(client);
  }

  /** Traces the calls of a server. Returns the same builder. */
  public RpcServer.Builder addTo(RpcServer.Builder builder) {
    return builder.observer(server);
  }
}
