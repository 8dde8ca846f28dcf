package io.fairlead;

import io.fairlead.discovery.Endpoint;
import java.util.Objects;

/**
 * Sends calls to the endpoints that carry a tag with a value, e.g. to a canary.
 *
 * @param tag a tag's name, or {@code "version"} or {@code "zone"} for the endpoint's own
 * @param value what the endpoint must have there
 * @param strict whether a call fails when no such endpoint can take it; otherwise any may
 */
public record EndpointSelector(String tag, String value, boolean strict) {
  public EndpointSelector {
    Objects.requireNonNull(tag, "tag");
    Objects.requireNonNull(value, "value");
    if (tag.isBlank()) {
      throw new IllegalArgumentException(
          "EndpointSelector tag is blank; use a tag's name, \"version\" or \"zone\"");
    }
  }

  /** Prefers endpoints of a version; any other takes the call when there is none. */
  public static EndpointSelector version(String version) {
    return new EndpointSelector("version", version, false);
  }

  /** Returns whether the endpoint carries it. */
  public boolean matches(Endpoint endpoint) {
    return value.equals(valueOf(endpoint, tag));
  }

  static String valueOf(Endpoint endpoint, String tag) {
    String own = endpoint.tags().get(tag);
    if (own != null) {
      return own;
    }
    return switch (tag) {
      case "version" -> endpoint.version().orElse("");
      case "zone" -> endpoint.zone().orElse("");
      default -> "";
    };
  }

  @Override
  public String toString() {
    return tag + "=" + value + (strict ? " (strict)" : "");
  }
}
