package io.fairlead.balance;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * A request header that routes calls: its value is the one that an endpoint's tag must have.
 *
 * @param header the header's name; empty for none
 * @param tag a tag's name, or {@code "version"} or {@code "zone"} for the endpoint's own
 * @param strict whether a call fails when no such endpoint can take it; otherwise any may
 */
public record RouteHeader(String header, String tag, boolean strict) {
  /** No header routes. */
  public static final RouteHeader NONE = new RouteHeader("", "version", false);

  public RouteHeader {
    Objects.requireNonNull(header, "header");
    if (tag.isBlank()) {
      throw new IllegalArgumentException(
          "route_header.tag is blank; use a tag's name, \"version\" or \"zone\"");
    }
  }

  /** Calls with this header prefer endpoints of the version that it names. */
  public static RouteHeader version(String header) {
    return new RouteHeader(header, "version", false);
  }

  Route route(String value) {
    return new Route(tag, value, strict);
  }

  static RouteHeader parse(Params params) {
    RouteHeader parsed =
        new RouteHeader(
            params.text("header", ""), params.text("tag", "version"), params.flag("strict", false));
    params.done();
    return parsed;
  }

  Map<String, ?> toConfig() {
    Map<String, Object> config = new LinkedHashMap<>();
    config.put("header", header);
    config.put("tag", tag);
    config.put("strict", strict);
    return config;
  }
}
