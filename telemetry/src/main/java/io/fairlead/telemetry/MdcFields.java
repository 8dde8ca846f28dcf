package io.fairlead.telemetry;

import io.fairlead.observe.ServerCallObserver;
import io.fairlead.observe.ServerCallOutcome;
import io.fairlead.security.Caller;
import io.grpc.Context;
import io.grpc.Metadata;
import org.jspecify.annotations.Nullable;
import org.slf4j.MDC;

/**
 * Puts {@code trace_id}, {@code span_id}, {@code method} and {@code caller} into the MDC of SLF4J
 * while code of a handler runs, so that its log lines have them.
 *
 * <pre>{@code
 * RpcServer.builder("inventory").observer(MdcFields.create())....
 * }</pre>
 *
 * <p>The MDC belongs to a thread. A continuation of an asynchronous handler on another thread does
 * not have the fields.
 */
public final class MdcFields implements ServerCallObserver {
  private static final Context.Key<String> METHOD = Context.key("fairlead-mdc-method");

  private MdcFields() {}

  /**
   * Returns the observer.
   *
   * @throws IllegalStateException if SLF4J is not on the class path
   */
  public static MdcFields create() {
    try {
      MDC.getMDCAdapter();
    } catch (LinkageError e) {
      throw new IllegalStateException(
          "MdcFields needs SLF4J, which is not on the class path; add org.slf4j:slf4j-api and a"
              + " backend, or leave MdcFields out",
          e);
    }
    return new MdcFields();
  }

  @Override
  public Context callContext(String method, Metadata headers, Context context) {
    return context.withValue(METHOD, method);
  }

  @Override
  public @Nullable Runnable handlerEntered() {
    put("method", METHOD.get());
    Caller caller = Caller.current();
    put("caller", caller == null ? null : caller.name());
    TraceContext trace = TraceContext.find(Context.current());
    if (trace != null) {
      put("trace_id", trace.traceId());
      put("span_id", trace.spanId());
    }
    return MdcFields::clear;
  }

  private static void put(String name, @Nullable String value) {
    if (value != null) {
      MDC.put(name, value);
    }
  }

  private static void clear() {
    MDC.remove("method");
    MDC.remove("caller");
    MDC.remove("trace_id");
    MDC.remove("span_id");
  }

  @Override
  public void callEnded(ServerCallOutcome outcome) {}

  @Override
  public String toString() {
    return "MdcFields";
  }
}
