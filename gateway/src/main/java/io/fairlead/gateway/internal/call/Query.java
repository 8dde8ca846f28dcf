package io.fairlead.gateway.internal.call;

import io.grpc.Status;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** The parameters of a request, decoded, in their order. */
public final class Query {
  private final List<Parameter> parameters = new ArrayList<>();

  /**
   * A parameter.
   *
   * @param name as it was sent
   * @param value empty if there was none
   */
  public record Parameter(String name, String value) {}

  private Query() {}

  /** Reads a query. A plus sign is a space, as forms have it. */
  public static Query parse(String text) {
    Query query = new Query();
    if (!text.isEmpty()) {
      for (String pair : text.split("&", -1)) {
        if (!pair.isEmpty()) {
          int equals = pair.indexOf('=');
          query.parameters.add(
              new Parameter(
                  decode(equals < 0 ? pair : pair.substring(0, equals)),
                  equals < 0 ? "" : decode(pair.substring(equals + 1))));
        }
      }
    }
    return query;
  }

  private static String decode(String text) {
    try {
      return URLDecoder.decode(text, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw Status.INVALID_ARGUMENT
          .withDescription("the query has a bad escape: " + text)
          .asRuntimeException();
    }
  }

  /** Returns all parameters. */
  public List<Parameter> all() {
    return parameters;
  }

  /** Returns whether there is a parameter of this name. */
  public boolean has(String name) {
    return parameters.stream().anyMatch(each -> each.name().equals(name));
  }

  /** Returns the first value; empty without one. */
  public String first(String name) {
    return parameters.stream()
        .filter(each -> each.name().equals(name))
        .map(Parameter::value)
        .findFirst()
        .orElse("");
  }
}
