package io.fairlead.telemetry;

import io.grpc.Context;
import io.grpc.Metadata;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Where the code that asks is in a trace: the ids of W3C Trace Context, and baggage. Immutable. It
 * travels in the gRPC {@link Context} of a call.
 *
 * <p>A call that is served has a span of its own, and so has each call that is made. The span of a
 * call that a handler makes has that of the handler as its parent.
 */
public final class TraceContext {
  private static final Context.Key<TraceContext> KEY = Context.key("fairlead-trace");

  private final long traceHigh;
  private final long traceLow;
  private final long span;

  /** Zero for the first span of a trace. */
  private final long parent;

  private final int flags;
  private final String state;
  private final Map<String, String> baggage;

  TraceContext(
      long traceHigh,
      long traceLow,
      long span,
      long parent,
      int flags,
      String state,
      Map<String, String> baggage) {
    this.traceHigh = traceHigh;
    this.traceLow = traceLow;
    this.span = span;
    this.parent = parent;
    this.flags = flags;
    this.state = state;
    this.baggage = baggage;
  }

  /** Returns where this code is, if it belongs to a trace: inside a handler whose server traces. */
  public static Optional<TraceContext> current() {
    return of(Context.current());
  }

  /** Returns what a context has, such as that of an outcome. */
  public static Optional<TraceContext> of(Context context) {
    return Optional.ofNullable(find(context));
  }

  static @Nullable TraceContext find(Context context) {
    return KEY.get(context);
  }

  /**
   * Returns one with ids that another library has made, so that logs and explanations name them.
   *
   * @param traceId 32 hexadecimal digits
   * @param spanId 16 hexadecimal digits
   * @param parentSpanId 16 hexadecimal digits, or an empty text for none
   * @throws IllegalArgumentException if an id is malformed
   */
  public static TraceContext of(
      String traceId, String spanId, String parentSpanId, boolean sampled) {
    TraceContext read = TraceHeaders.ofIds(traceId, spanId, parentSpanId, sampled);
    if (read == null) {
      throw new IllegalArgumentException(
          "trace id \""
              + traceId
              + "\" and span id \""
              + spanId
              + "\" are not 32 and 16"
              + " lower-case hexadecimal digits, or are zero");
    }
    return read;
  }

  /**
   * Reads the headers {@code traceparent} and {@code tracestate}, by the rules of W3C Trace
   * Context. Returns nothing if the first one is malformed, and no state if the second one is.
   */
  static Optional<TraceContext> parse(String traceparent, String tracestate) {
    TraceContext read = TraceHeaders.parse(traceparent.getBytes(StandardCharsets.ISO_8859_1));
    return Optional.ofNullable(
        read == null ? null : read.withState(TraceHeaders.validState(tracestate)));
  }

  /**
   * Reads the headers {@code traceparent} and {@code tracestate} of a call. Returns nothing if
   * there is no {@code traceparent}, more than one, or one that is malformed.
   */
  public static Optional<TraceContext> from(Metadata headers) {
    return Optional.ofNullable(TraceHeaders.read(headers));
  }

  /** Writes the headers for a call of this span in place of those that are there. */
  public void writeTo(Metadata headers) {
    TraceHeaders.write(this, headers);
  }

  /**
   * Returns the context with this in place of what it had. Calls made in it belong to the trace.
   */
  public Context in(Context context) {
    return context.withValue(KEY, this);
  }

  /** Returns the id of the trace, 32 hexadecimal digits. */
  public String traceId() {
    return TraceHeaders.hex(traceHigh) + TraceHeaders.hex(traceLow);
  }

  /** Returns the id of this span, 16 hexadecimal digits. */
  public String spanId() {
    return TraceHeaders.hex(span);
  }

  /** Returns the id of the span above; empty for the first one of a trace. */
  public Optional<String> parentSpanId() {
    return parent == 0 ? Optional.empty() : Optional.of(TraceHeaders.hex(parent));
  }

  /** Adds the ids to a line of a log. */
  void addTo(JsonLine line) {
    line.hex("trace_id", traceHigh, traceLow).hex("span_id", span);
    if (parent != 0) {
      line.hex("parent_span_id", parent);
    }
  }

  /** Returns whether whoever began the trace wants it recorded. */
  public boolean sampled() {
    return (flags & TraceHeaders.SAMPLED) != 0;
  }

  /** Returns the value of the header {@code traceparent} for a call of this span. */
  public String traceparent() {
    return new String(traceparentBytes(), StandardCharsets.ISO_8859_1);
  }

  byte[] traceparentBytes() {
    return TraceHeaders.format(traceHigh, traceLow, span, flags);
  }

  /** Returns the value of the header {@code tracestate}; an empty text for none. */
  public String tracestate() {
    return state;
  }

  /** Returns a value of the baggage, decoded. */
  public Optional<String> baggage(String key) {
    return Optional.ofNullable(baggage.get(key)).map(BaggageHeader::decode);
  }

  /**
   * Returns the same with one more value, which replaces one of this key. It is sent by those
   * channels whose {@link Tracing.Builder#baggage} has the key.
   *
   * @throws IllegalArgumentException if the key is not a token of HTTP
   */
  public TraceContext withBaggage(String key, String value) {
    if (!BaggageHeader.isToken(key)) {
      throw new IllegalArgumentException(
          "baggage key \"" + key + "\" is not a token; use letters, digits, and !#$%&'*+-.^_`|~");
    }
    Map<String, String> more = new LinkedHashMap<>(baggage);
    more.put(key, BaggageHeader.encode(Objects.requireNonNull(value, "value")));
    return withRawBaggage(Collections.unmodifiableMap(more));
  }

  TraceContext withRawBaggage(Map<String, String> raw) {
    return new TraceContext(traceHigh, traceLow, span, parent, flags, state, raw);
  }

  TraceContext withState(String other) {
    return new TraceContext(traceHigh, traceLow, span, parent, flags, other, baggage);
  }

  /** Returns a span below this one, with an id of its own. */
  public TraceContext child() {
    long id = ThreadLocalRandom.current().nextLong();
    while (id == 0) {
      id = ThreadLocalRandom.current().nextLong();
    }
    return child(id);
  }

  TraceContext child(long id) {
    return new TraceContext(traceHigh, traceLow, id, span, flags, state, baggage);
  }

  Map<String, String> rawBaggage() {
    return baggage;
  }

  /** Returns {@link #traceparent}. */
  @Override
  public String toString() {
    return traceparent();
  }
}
