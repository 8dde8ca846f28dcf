package io.fairlead.telemetry.opentelemetry;

import io.grpc.Context;
import org.jspecify.annotations.Nullable;

/** The baggage of a call that is served and not recorded. It travels in the context of the call. */
final class ServedBaggage {
  private static final Context.Key<io.opentelemetry.context.Context> KEY =
      Context.key("fairlead-otel-baggage");

  private ServedBaggage() {}

  /** Returns what came with the call, or the root. */
  static io.opentelemetry.context.Context of(Context context) {
    io.opentelemetry.context.@Nullable Context baggage = KEY.get(context);
    return baggage == null ? io.opentelemetry.context.Context.root() : baggage;
  }

  static Context in(Context context, io.opentelemetry.context.Context baggage) {
    return context.withValue(KEY, baggage);
  }
}
