package io.fairlead.balance;

import io.fairlead.EndpointSelector;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * A request header that selects endpoints: its value is the one that an endpoint's tag must have.
 *
 * @param header the header's name; empty for none
 * @param tag a tag's name, or {@code "version"} or {@code "zone"} for the endpoint's own
 * @param strict whether a call fails when no such endpoint can take it; otherwise any may
 */
public record EndpointSelectorHeader(String header, String tag, boolean strict) {
  /** No header selects endpoints. */
  public static final EndpointSelectorHeader NONE =
      new EndpointSelectorHeader("", "version", false);

  public EndpointSelectorHeader {
    Objects.requireNonNull(header, "header");
    if (tag.isBlank()) {
      throw new IllegalArgumentException(
          "endpoint_selector_header.tag is blank; use a tag's name, \"version\" or \"zone\"");
    }
  }

  /** Calls with this header prefer endpoints of the version that it names. */
  public static EndpointSelectorHeader version(String header) {
    return new EndpointSelectorHeader(header, "version", false);
  }

  public EndpointSelector selectorFor(String value) {
    return new EndpointSelector(tag, value, strict);
  }

  static EndpointSelectorHeader parse(BalancerConfigReader params) {
    EndpointSelectorHeader parsed =
        new EndpointSelectorHeader(
            params.getString("header", ""),
            params.getString("tag", "version"),
            params.getBoolean("strict", false));
    params.rejectUnknown();
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
