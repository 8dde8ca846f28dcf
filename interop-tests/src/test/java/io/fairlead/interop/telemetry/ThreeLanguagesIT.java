package io.fairlead.interop.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import io.fairlead.interop.contract.OurDepot;
import io.fairlead.interop.peer.Peers;
import io.fairlead.interop.peer.Program;
import io.fairlead.telemetry.AccessLog;
import io.fairlead.telemetry.Tracing;
import io.fairlead.telemetry.opentelemetry.OpenTelemetryTracing;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.propagation.ContextPropagators;
import io.opentelemetry.exporter.otlp.trace.OtlpGrpcSpanExporter;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * One trace through three languages: a program in Go calls a server of ours, which calls one in
 * Python. Both others have the stock instrumentation of OpenTelemetry.
 */
@Timeout(600)
class ThreeLanguagesIT {
  private static final String METHOD = "depot.v1.Depot/Forward";
  private static final Pattern TRACE = Pattern.compile("TRACE ([0-9a-f]{32})");

  /** Runs the program in Go to its end, and returns the id of its trace. */
  private static String run(OurDepot ours, Program python, Collector collector) {
    String said =
        Peers.goWithContract("go-traced", "depot/v1/depot.proto")
            .runWell(
                "--target=" + ours.address(),
                "--next=127.0.0.1:" + python.port(),
                "--collector=" + collector.address());
    assertThat(said).contains("LEG java").contains("LEG python");
    Matcher trace = TRACE.matcher(said);
    assertThat(trace.find()).as(said).isTrue();
    return trace.group(1);
  }

  private static Program python(Collector collector) {
    return Peers.python("traced_server.py").start(collector.address());
  }

  private static JsonObject named(List<Collector.Arrival> spans, String name, int kind) {
    List<JsonObject> found =
        spans.stream()
            .map(Collector.Arrival::value)
            .filter(each -> Otlp.text(each, "name").contains(name))
            .filter(each -> Otlp.number(each, "kind") == kind)
            .toList();
    assertThat(found).as("%s of kind %d in %s", name, kind, spans).hasSize(1);
    return found.get(0);
  }

  private static void isUnder(JsonObject child, JsonObject parent) {
    assertThat(Otlp.text(child, "traceId")).isEqualTo(Otlp.text(parent, "traceId"));
    assertThat(Otlp.text(child, "parentSpanId")).isEqualTo(Otlp.text(parent, "spanId"));
  }

  @Test
  void theSpansOfGoJavaAndPythonAreOneTree() throws Exception {
    try (Collector collector = Collector.start();
        Program python = python(collector);
        OpenTelemetrySdk sdk =
            OpenTelemetrySdk.builder()
                .setTracerProvider(
                    SdkTracerProvider.builder()
                        .setResource(Resource.builder().put("service.name", "java").build())
                        .addSpanProcessor(
                            BatchSpanProcessor.builder(
                                    OtlpGrpcSpanExporter.builder()
                                        .setEndpoint("http://" + collector.address())
                                        .build())
                                .build())
                        .build())
                .setPropagators(ContextPropagators.create(W3CTraceContextPropagator.getInstance()))
                .build()) {
      OpenTelemetryTracing tracing = OpenTelemetryTracing.create(sdk);
      String trace;
      try (OurDepot ours = OurDepot.start("depot", "java", tracing::addTo, tracing::addTo)) {
        trace = run(ours, python, collector);
      }
      sdk.getSdkTracerProvider().forceFlush();
      List<Collector.Arrival> java = collector.awaitSpans("java", 3);
      List<Collector.Arrival> theirs = collector.awaitSpans("python", 1);
      List<Collector.Arrival> go =
          collector.spans().stream()
              .filter(each -> !List.of("java", "python").contains(each.service()))
              .toList();
      JsonObject work = named(go, "work in Go", 1);
      assertThat(Otlp.text(work, "traceId")).isEqualTo(trace);
      JsonObject called = named(go, METHOD, 3);
      JsonObject served = named(java, METHOD, 2);
      JsonObject attempt = named(java, "Attempt." + METHOD, 3);
      JsonObject forwarded =
          java.stream()
              .map(Collector.Arrival::value)
              .filter(each -> Otlp.text(each, "name").equals(METHOD))
              .filter(each -> Otlp.number(each, "kind") == 3)
              .findFirst()
              .orElseThrow();
      JsonObject last = named(theirs, METHOD, 2);
      isUnder(called, work);
      isUnder(served, called);
      isUnder(forwarded, served);
      isUnder(attempt, forwarded);
      isUnder(last, attempt);
    }
  }

  /** Without OpenTelemetry here: the ids go on, and the access log has them. */
  @Test
  void theTraceGoesThroughAProcessThatOnlyCarriesIt() throws Exception {
    List<String> lines = Collections.synchronizedList(new ArrayList<>());
    Tracing tracing = Tracing.create();
    try (Collector collector = Collector.start();
        Program python = python(collector)) {
      String trace;
      try (AccessLog log = AccessLog.to(lines::add).sample(1).build();
          OurDepot ours =
              OurDepot.start(
                  "depot",
                  "java",
                  server -> tracing.addTo(server).observer(log),
                  channel -> tracing.addTo(channel).observer(log))) {
        trace = run(ours, python, collector);
      }
      JsonObject last = named(collector.awaitSpans("python", 1), METHOD, 2);
      assertThat(Otlp.text(last, "traceId")).isEqualTo(trace);
      assertThat(lines).hasSize(2).allMatch(line -> line.contains("\"trace_id\":\"" + trace));
      // The span above that of Python is the one that the line of our client names.
      assertThat(lines)
          .anyMatch(
              line ->
                  line.contains("\"side\":\"client\"")
                      && line.contains("\"span_id\":\"" + Otlp.text(last, "parentSpanId")));
    }
  }
}
