package io.fairlead.telemetry.opentelemetry;

import io.grpc.Metadata;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.context.propagation.TextMapPropagator;
import io.opentelemetry.context.propagation.TextMapSetter;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Reads and writes the headers of the configured propagators. Binary headers are left alone. */
final class MetadataPropagator {
  private static final String BAGGAGE = "baggage";
  private static final Set<String> W3C = Set.of("traceparent", "tracestate", BAGGAGE);

  private final TextMapPropagator propagator;
  private final Map<String, Metadata.Key<String>> keys = new TreeMap<>();
  private final Metadata.@Nullable Key<String> baggage;
  private final TextMapSetter<Metadata> setter = new Setter();
  private final TextMapGetter<Metadata> getter = new Getter();

  MetadataPropagator(TextMapPropagator propagator) {
    this.propagator = propagator;
    propagator.fields().forEach(name -> keys.put(name, newKey(name)));
    this.baggage = keys.get(BAGGAGE);
  }

  /** Returns whether the headers are those of W3C alone, with those of traces among them. */
  boolean isW3c() {
    return W3C.containsAll(keys.keySet()) && keys.containsKey("traceparent");
  }

  /** Returns the names of the headers that are read and written. */
  Set<String> names() {
    return keys.keySet();
  }

  /** Returns whether there is baggage that is read. */
  boolean hasBaggage(Metadata headers) {
    return baggage != null && headers.containsKey(baggage);
  }

  void inject(Context context, Metadata headers) {
    propagator.inject(context, headers, setter);
  }

  Context extract(Metadata headers) {
    return propagator.extract(Context.root(), headers, getter);
  }

  private Metadata.Key<String> key(String name) {
    Metadata.Key<String> known = keys.get(name);
    return known == null ? newKey(name) : known;
  }

  private static Metadata.Key<String> newKey(String name) {
    return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
  }

  private static boolean isText(String name) {
    return !name.toLowerCase(Locale.ROOT).endsWith(Metadata.BINARY_HEADER_SUFFIX);
  }

  private final class Setter implements TextMapSetter<Metadata> {
    @Override
    public void set(@Nullable Metadata headers, String name, String value) {
      if (headers != null && isText(name)) {
        Metadata.Key<String> key = key(name);
        headers.discardAll(key);
        headers.put(key, value);
      }
    }
  }

  private final class Getter implements TextMapGetter<Metadata> {
    @Override
    @SuppressWarnings("deprecation") // propagators of older versions ask for it
    public Iterable<String> keys(Metadata headers) {
      return headers.keys();
    }

    @Override
    public @Nullable String get(@Nullable Metadata headers, String name) {
      return headers == null || !isText(name) ? null : headers.get(key(name));
    }

    @Override
    public Iterator<String> getAll(@Nullable Metadata headers, String name) {
      Iterable<String> all = headers == null || !isText(name) ? null : headers.getAll(key(name));
      return all == null ? List.<String>of().iterator() : all.iterator();
    }
  }
}
