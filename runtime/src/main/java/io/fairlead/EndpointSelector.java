package io.fairlead;

import io.fairlead.discovery.Endpoint;
import java.util.Objects;

/**
 * Sends calls to the endpoints that carry a tag with a value, e.g. to a canary.
 *
 * @param tag a tag's name, or {@code "version"}, {@code "zone"} or {@code "id"} for the endpoint's
 *     own
 * @param value what the endpoint must have there
 * @param strict whether a call fails when no such endpoint can take it; otherwise any may
 * @param inverted whether it is for the endpoints that have something else there
 */
public record EndpointSelector(String tag, String value, boolean strict, boolean inverted) {
  public EndpointSelector {
    Objects.requireNonNull(tag, "tag");
    Objects.requireNonNull(value, "value");
    if (tag.isBlank()) {
      throw new IllegalArgumentException(
          "EndpointSelector tag is blank; use a tag's name, \"version\", \"zone\" or \"id\"");
    }
  }

  /** The same of endpoints that have the value. */
  public EndpointSelector(String tag, String value, boolean strict) {
    this(tag, value, strict, false);
  }

  /** Returns the selector of the endpoints that this one does not match. */
  public EndpointSelector others() {
    return new EndpointSelector(tag, value, strict, !inverted);
  }

  /** Prefers endpoints of a version; any other takes the call when there is none. */
  public static EndpointSelector version(String version) {
    return new EndpointSelector("version", version, false);
  }

  /** Returns whether the endpoint carries it. */
  public boolean matches(Endpoint endpoint) {
    return value.equals(valueOf(endpoint, tag)) != inverted;
  }

  static String valueOf(Endpoint endpoint, String tag) {
    String own = endpoint.tags().get(tag);
    if (own != null) {
      return own;
    }
    return switch (tag) {
      case "version" -> endpoint.version().orElse("");
      case "zone" -> endpoint.zone().orElse("");
      case "id" -> endpoint.id();
      default -> "";
    };
  }

  @Override
  public String toString() {
    return tag + (inverted ? "!=" : "=") + value + (strict ? " (strict)" : "");
  }
}
