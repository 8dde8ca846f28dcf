package io.fairlead.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.internal.Durations;
import io.fairlead.policy.CircuitBreakerPolicy;
import io.fairlead.policy.HedgingPolicy;
import io.fairlead.policy.PolicyField;
import io.fairlead.policy.RetryPolicy;
import io.fairlead.policy.StaleIfErrorPolicy;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
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
      Set.of("hedging.delay", "staleIfError.maxAge", "staleIfError.maxEntries");

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
    components(fields, "retry", RetryPolicy.builder().build());
    components(fields, "hedging", HedgingPolicy.builder().delay("1ms").build());
    components(fields, "breaker", CircuitBreakerPolicy.standard());
    components(fields, "staleIfError", StaleIfErrorPolicy.of("1m", 1));
    return fields;
  }

  private static void components(Map<String, String> fields, String of, Record value)
      throws Exception {
    for (RecordComponent component : value.getClass().getRecordComponents()) {
      String name = of + "." + component.getName();
      Object part = component.getAccessor().invoke(value);
      fields.put(name, REQUIRED.contains(name) ? "must be given" : text(part));
    }
  }

  private static String text(@Nullable Object value) {
    if (value == null) {
      return "none";
    }
    if (value instanceof Duration duration) {
      return Durations.format(duration);
    }
    if (value instanceof CircuitBreakerPolicy breaker) {
      return breaker.enabled() ? "on" : "off";
    }
    if (value instanceof Collection<?> several) {
      return several.stream().map(String::valueOf).collect(Collectors.joining(", "));
    }
    return value instanceof Double number && number == Math.rint(number)
        ? Long.toString(number.longValue())
        : value.toString();
  }
}
