package io.fairlead.samples.observability;

import io.fairlead.RpcException;
import io.fairlead.client.RpcChannel;
import io.fairlead.samples.observability.images.Image;
import io.fairlead.samples.observability.images.Images;
import io.fairlead.samples.observability.images.ImagesRpc;
import io.fairlead.telemetry.opentelemetry.OpenTelemetryTracing;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.propagation.ContextPropagators;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Three instances, of which the second has an outdated model, and a client that calls them. */
final class Fleet implements AutoCloseable {
  private static final int INSTANCES = 3;
  private static final int CALLS = 90;

  private final Spans spans = new Spans();
  private final HandlerLog handlerLog = HandlerLog.open();
  private final List<Instance> instances = new ArrayList<>();

  /** What the client has heard of calls that failed. */
  private final List<String> explanations = new ArrayList<>();

  private final OpenTelemetrySdk sdk =
      OpenTelemetrySdk.builder()
          .setTracerProvider(SdkTracerProvider.builder().addSpanProcessor(spans).build())
          .setPropagators(ContextPropagators.create(W3CTraceContextPropagator.getInstance()))
          .build();
  private final RpcChannel channel;

  /**
   * Starts it.
   *
   * @param managementPort of the first instance; the others have those after it. With 0 all have
   *     free ones.
   */
  Fleet(int managementPort) throws InterruptedException {
    OpenTelemetryTracing tracing = OpenTelemetryTracing.create(sdk);
    for (int i = 0; i < INSTANCES; i++) {
      instances.add(
          new Instance(
              "images-" + (i + 1),
              i == 1 ? Labels.OUTDATED : Labels.CURRENT,
              tracing,
              managementPort == 0 ? 0 : managementPort + i));
    }
    String target =
        instances.stream()
            .map(each -> "endpoint=127.0.0.1:" + each.port())
            .collect(Collectors.joining("&", "static:///images?", ""));
    channel = tracing.addTo(RpcChannel.to(target)).service(ImagesRpc.service()).build();
    awaitAll();
  }

  /** Calls that begin before all instances are connected would not be spread evenly. */
  private void awaitAll() throws InterruptedException {
    channel.connect();
    long limit = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (channel.endpoints().stream().filter(each -> each.isReady()).count() < INSTANCES) {
      if (System.nanoTime() > limit) {
        throw new IllegalStateException("Not all instances are reached: " + channel.endpoints());
      }
      Thread.sleep(10);
    }
  }

  /** Asks for the labels of further images. */
  void call() {
    Images images = ImagesRpc.client(channel);
    for (int i = 0; i < CALLS; i++) {
      try {
        images.classify(Image.newBuilder().setNumber(i).build());
      } catch (RpcException e) {
        explanations.add(e.explain());
      }
    }
  }

  List<Instance> instances() {
    return instances;
  }

  Spans spans() {
    return spans;
  }

  HandlerLog handlerLog() {
    return handlerLog;
  }

  /** Returns what the client was told of the call of this trace. */
  Optional<String> explanation(String traceId) {
    return explanations.stream().filter(each -> each.contains(traceId)).findFirst();
  }

  @Override
  public void close() {
    channel.close();
    instances.forEach(Instance::close);
    sdk.close();
    handlerLog.close();
  }
}
