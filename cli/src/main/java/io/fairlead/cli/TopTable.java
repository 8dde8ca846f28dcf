package io.fairlead.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.fairlead.admin.v1.Call;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * The calls that instances served in one interval, by method or by instance. Where a process has
 * left out calls, those it showed stand for all of them. Used by one thread.
 */
final class TopTable {
  /** What a row is about. */
  enum By {
    METHOD,
    INSTANCE
  }

  /** What rows are sorted by; the largest is first, names from A on. */
  enum Sort {
    RATE(Comparator.comparingDouble(Row::rate).reversed()),
    ERRORS(Comparator.comparingDouble(Row::errors).reversed()),
    P50(Comparator.comparingDouble((Row row) -> row.quantile(0.5)).reversed()),
    P99(Comparator.comparingDouble((Row row) -> row.quantile(0.99)).reversed()),
    INFLIGHT(Comparator.comparingLong((Row row) -> row.inFlight.orElse(-1)).reversed()),
    NAME(Comparator.comparing((Row row) -> row.name));

    @SuppressWarnings("ImmutableEnumChecker") // comparators have no state
    private final Comparator<Row> order;

    Sort(Comparator<Row> order) {
      // Equal rows do not change places between two tables.
      this.order = order.thenComparing(row -> row.name);
    }
  }

  private final By by;
  private final Duration interval;
  private final Map<String, Instance> instances = new TreeMap<>();

  /**
   * Begins an empty one.
   *
   * @param interval the time in which the calls ended
   */
  TopTable(By by, Duration interval) {
    this.by = by;
    this.interval = interval;
  }

  /** The calls of one process. */
  private static final class Instance {
    private final List<Call> calls = new ArrayList<>();
    private long lost;
    private OptionalLong inFlight = OptionalLong.empty();

    /** How many calls each shown one stands for. */
    double share() {
      return calls.isEmpty() ? 1 : (calls.size() + lost) / (double) calls.size();
    }
  }

  /** One line of the table. */
  private final class Row {
    private final String name;
    private final List<Double> millis = new ArrayList<>();
    private double count;
    private double failed;
    private OptionalLong inFlight = OptionalLong.empty();

    Row(String name) {
      this.name = name;
    }

    void add(Call call, double share) {
      millis.add(call.getTook().getSeconds() * 1e3 + call.getTook().getNanos() / 1e6);
      count += share;
      failed += call.getCode().equals("OK") ? 0 : share;
    }

    double rate() {
      return count * 1e9 / interval.toNanos();
    }

    double errors() {
      return failed * 1e9 / interval.toNanos();
    }

    /** Of the times, which are sorted; below 0 without a call. */
    double quantile(double q) {
      return millis.isEmpty()
          ? -1
          : millis.get((int) Math.min(millis.size() - 1L, (long) (q * millis.size())));
    }
  }

  private Instance instance(String name) {
    return instances.computeIfAbsent(name, any -> new Instance());
  }

  /** Adds a call that an instance has served. Those that it made itself are not counted. */
  void add(String instance, Call call) {
    Instance process = instance(instance);
    process.lost += call.getLost();
    if (call.getSide() == Call.Side.SERVER) {
      process.calls.add(call);
    }
  }

  /** Says how many calls an instance serves at the end of the interval. */
  void inFlight(String instance, long calls) {
    instance(instance).inFlight = OptionalLong.of(calls);
  }

  /** Says that an instance takes part, and does not tell how many calls it serves. */
  void inFlightUnknown(String instance) {
    instance(instance).inFlight = OptionalLong.empty();
  }

  private List<Row> rows(Sort sort) {
    Map<String, Row> rows = new HashMap<>();
    instances.forEach(
        (name, process) -> {
          if (by == By.INSTANCE) {
            Row row = rows.computeIfAbsent(name, Row::new);
            row.inFlight = process.inFlight;
          }
          for (Call call : process.calls) {
            rows.computeIfAbsent(by == By.INSTANCE ? name : call.getMethod(), Row::new)
                .add(call, process.share());
          }
        });
    List<Row> sorted = new ArrayList<>(rows.values());
    sorted.forEach(row -> Collections.sort(row.millis));
    sorted.sort(sort.order);
    return sorted;
  }

  private Row total() {
    Row total = new Row("");
    for (Instance process : instances.values()) {
      process.calls.forEach(call -> total.add(call, process.share()));
    }
    long known = instances.values().stream().filter(each -> each.inFlight.isPresent()).count();
    if (known == instances.size()) {
      total.inFlight =
          OptionalLong.of(
              instances.values().stream().mapToLong(each -> each.inFlight.orElse(0)).sum());
    }
    return total;
  }

  private long lost() {
    return instances.values().stream().mapToLong(each -> each.lost).sum();
  }

  /** Returns a heading, and a table of the first rows. */
  List<String> lines(String service, Sort sort, int most) {
    Row total = total();
    List<String> lines = new ArrayList<>();
    lines.add(
        service
            + ": "
            + instances.size()
            + (instances.size() == 1 ? " instance, " : " instances, ")
            + figure(total.rate())
            + " calls/s, "
            + figure(total.errors())
            + " failed/s, "
            + (total.inFlight.isPresent() ? total.inFlight.getAsLong() : "unknown")
            + " in flight"
            + (lost() == 0 ? "" : "; " + lost() + " calls were left out and are estimated"));
    Table table =
        by == By.INSTANCE
            ? new Table("INSTANCE", "CALLS/S", "FAILED/S", "P50 MS", "P99 MS", "IN FLIGHT")
            : new Table("METHOD", "CALLS/S", "FAILED/S", "P50 MS", "P99 MS");
    List<Row> rows = rows(sort);
    for (Row row : rows.subList(0, Math.min(most, rows.size()))) {
      List<Object> cells =
          new ArrayList<>(
              List.of(
                  row.name,
                  figure(row.rate()),
                  figure(row.errors()),
                  figure(row.quantile(0.5)),
                  figure(row.quantile(0.99))));
      if (by == By.INSTANCE) {
        cells.add(row.inFlight.isPresent() ? row.inFlight.getAsLong() : "unknown");
      }
      table.add(cells.toArray());
    }
    lines.addAll(table.lines());
    if (rows.size() > most) {
      lines.add(rows.size() - most + " more; --rows shows them");
    }
    return lines;
  }

  private static String figure(double value) {
    return value < 0 ? "-" : String.format(Locale.ROOT, "%.1f", value);
  }

  /** Returns the same, with all rows. */
  JsonObject json(String service, Sort sort) {
    Row total = total();
    JsonObject object = new JsonObject();
    object.addProperty("service", service);
    object.addProperty("instances", instances.size());
    object.addProperty("rate", total.rate());
    object.addProperty("errors", total.errors());
    object.add("inFlight", number(total.inFlight));
    object.addProperty("leftOut", lost());
    JsonArray rows = new JsonArray();
    for (Row row : rows(sort)) {
      JsonObject line = new JsonObject();
      line.addProperty(by.name().toLowerCase(Locale.ROOT), row.name);
      line.addProperty("rate", row.rate());
      line.addProperty("errors", row.errors());
      line.add("p50Millis", quantile(row, 0.5));
      line.add("p99Millis", quantile(row, 0.99));
      if (by == By.INSTANCE) {
        line.add("inFlight", number(row.inFlight));
      }
      rows.add(line);
    }
    object.add("rows", rows);
    return object;
  }

  private static JsonElement quantile(Row row, double q) {
    return row.millis.isEmpty() ? JsonNull.INSTANCE : new JsonPrimitive(row.quantile(q));
  }

  private static JsonElement number(OptionalLong value) {
    return value.isPresent() ? new JsonPrimitive(value.getAsLong()) : JsonNull.INSTANCE;
  }
}
