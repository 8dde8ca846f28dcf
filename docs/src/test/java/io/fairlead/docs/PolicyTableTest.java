package io.fairlead.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.internal.Durations;
import io.fairlead.policy.CachePolicy;
import io.fairlead.policy.CircuitBreakerPolicy;
import io.fairlead.policy.FaultPolicy;
import io.fairlead.policy.HedgingPolicy;
import io.fairlead.policy.MirrorPolicy;
import io.fairlead.policy.PolicyField;
import io.fairlead.policy.RetryPolicy;
import io.fairlead.policy.RoutePolicy;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * The table of docs/time-and-failure.md has every field of a policy with its default, and no other.
 */
class PolicyTableTest {
  private static final Path PAGE = Path.of("time-and-failure.md");
  private static final Pattern ROW = Pattern.compile("\\| `([\\w.]+)` \\| .* \\| ([^|]+) \\|");

  /** These have no default: whoever states the policy states them. */
  private static final Set<String> REQUIRED =
      Set.of(
          "hedging.delay",
          "cache.ttl",
          "route.value",
          "route.percent",
          "fault.share",
          "mirror.to",
          "mirror.percent");

  @Test
  void theTableIsWhatTheCodeDoes() throws Exception {
    assertThat(table()).isEqualTo(code());
  }

  private static Map<String, String> table() throws Exception {
    String page = Files.readString(PAGE);
    int begin = page.indexOf("## Every field");
    Map<String, String> rows = new TreeMap<>();
    Matcher row = ROW.matcher(page.substring(begin, page.indexOf("\n## ", begin)));
    while (row.find()) {
      rows.put(row.group(1), row.group(2));
    }
    return rows;
  }

  private static Map<String, String> code() throws Exception {
    Map<String, String> fields = new TreeMap<>();
    for (PolicyField field : PolicyField.values()) {
      fields.put(field.fieldName(), text(field.defaultValue()));
    }
    parts(fields, "retry", RetryPolicy.builder().build());
    parts(fields, "hedging", HedgingPolicy.builder().delay(Duration.ofMillis(1)).build());
    parts(fields, "breaker", CircuitBreakerPolicy.standard());
    parts(fields, "route", RoutePolicy.builder().value("2.0").percent(10).build());
    parts(fields, "cache", CachePolicy.builder().ttl(Duration.ofSeconds(1)).build());
    parts(fields, "fault", FaultPolicy.builder().share(1).delay(Duration.ofSeconds(1)).build());
    parts(fields, "mirror", MirrorPolicy.builder().to("canary").percent(5).build());
    fields.put("fault.delay", "none"); // a delay or a code must be given
    return fields;
  }

  private static void parts(Map<String, String> fields, String of, Object value) throws Exception {
    for (Method accessor : value.getClass().getDeclaredMethods()) {
      if (isAccessor(accessor)) {
        String name = of + "." + accessor.getName();
        Object part = accessor.invoke(value);
        fields.put(name, REQUIRED.contains(name) ? "must be given" : text(part));
      }
    }
  }

  /** A value has its parts, and the usual methods of every object. */
  private static boolean isAccessor(Method method) {
    return Modifier.isPublic(method.getModifiers())
        && !Modifier.isStatic(method.getModifiers())
        && method.getParameterCount() == 0
        && !Set.of("toBuilder", "hashCode", "toString").contains(method.getName());
  }

  private static String text(@Nullable Object value) {
    if (value == null) {
      return "none";
    }
    if (value instanceof Optional<?> optional) {
      return text(optional.orElse(null));
    }
    if (value instanceof Duration duration) {
      return Durations.format(duration);
    }
    if (value instanceof CircuitBreakerPolicy breaker) {
      return breaker.enabled() ? "on" : "off";
    }
    if (value instanceof Collection<?> several) {
      return several.isEmpty()
          ? "none"
          : several.stream().map(String::valueOf).collect(Collectors.joining(", "));
    }
    return value instanceof Double number && number == Math.rint(number)
        ? Long.toString(number.longValue())
        : value.toString();
  }
}
