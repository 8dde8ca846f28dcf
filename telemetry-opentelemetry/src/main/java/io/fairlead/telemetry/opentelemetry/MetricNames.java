package io.fairlead.telemetry.opentelemetry;

import io.fairlead.observe.ServerCallOutcome;
import io.fairlead.policy.Code;
import io.fairlead.telemetry.MetricFamily;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import java.util.Map;

/** What a metric and its attributes are called. */
enum MetricNames {
  /** As the telemetry has them: gRPC's, and ours. */
  OURS,
  /** The duration of calls of channels, by the conventions for RPC. */
  CLIENT_CALL("rpc.client.call.duration"),
  /** The duration of calls of servers, by the conventions for RPC. */
  SERVER_CALL("rpc.server.call.duration");

  private static final String PORT = SpanAttributes.SERVER_PORT.getKey();

  private final String convention;

  MetricNames() {
    this("");
  }

  MetricNames(String convention) {
    this.convention = convention;
  }

  /**
   * Returns the names of a metric.
   *
   * @param conventions whether those of OpenTelemetry are wanted where there are any
   */
  static MetricNames of(MetricFamily family, boolean conventions) {
    if (!conventions) {
      return OURS;
    }
    return switch (family.name()) {
      case "grpc.client.call.duration" -> CLIENT_CALL;
      case "grpc.server.call.duration" -> SERVER_CALL;
      default -> OURS;
    };
  }

  String name(MetricFamily family) {
    return this == OURS ? family.name() : convention;
  }

  Attributes attributes(Map<String, String> labels) {
    AttributesBuilder attributes = Attributes.builder();
    labels.forEach(
        (label, value) -> {
          switch (this == OURS ? "" : label) {
            case "grpc.method" -> attributes.put(SpanAttributes.METHOD, method(value));
            case "grpc.status" -> status(Code.valueOf(value), attributes);
            case "grpc.target" -> attributes.putAll(SpanAttributes.ofTarget(value));
            default -> other(label, value, attributes);
          }
        });
    if (this != OURS) {
      attributes.put(SpanAttributes.SYSTEM, "grpc");
    }
    return attributes.build();
  }

  private static String method(String name) {
    return name.equals(ServerCallOutcome.OTHER_METHOD) ? "_OTHER" : name;
  }

  private void status(Code code, AttributesBuilder attributes) {
    attributes.put(SpanAttributes.STATUS, code.name());
    boolean error = this == SERVER_CALL ? ServerSpan.isError(code) : code != Code.OK;
    if (error) {
      attributes.put(SpanAttributes.ERROR, code.name());
    }
  }

  private static void other(String label, String value, AttributesBuilder attributes) {
    if (label.equals(PORT)) {
      attributes.put(SpanAttributes.SERVER_PORT, Long.parseLong(value));
    } else {
      attributes.put(AttributeKey.stringKey(label), value);
    }
  }
}
