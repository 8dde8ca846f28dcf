package io.fairlead.discovery;

import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The parts of a target like {@code scheme://authority/service?name=value}.
 *
 * @param scheme which kind of registry
 * @param authority where the registry is, or empty
 * @param service the service's name in the registry, or empty
 * @param query the query's values by name, in order
 */
public record RegistryUri(
    String scheme, String authority, String service, Map<String, List<String>> query) {

  /** Takes a target apart; it must name a service. */
  public static RegistryUri of(URI target) {
    RegistryUri uri = ofRegistry(target);
    if (uri.service.isBlank() || uri.service.endsWith("/")) {
      throw hasNoService(target);
    }
    return uri;
  }

  /** Takes apart what names a registry, as a server's does, which says elsewhere what it serves. */
  public static RegistryUri ofRegistry(URI target) {
    if (target.getScheme() == null) {
      throw hasNoService(target);
    }
    String path = target.getPath() == null ? "" : target.getPath();
    String service = path.startsWith("/") ? path.substring(1) : path;
    Map<String, List<String>> query = new LinkedHashMap<>();
    String rawQuery = target.getRawQuery();
    if (rawQuery != null && !rawQuery.isEmpty()) {
      for (String pair : rawQuery.split("&", -1)) {
        int equals = pair.indexOf('=');
        String name = equals < 0 ? pair : pair.substring(0, equals);
        String value = equals < 0 ? "" : pair.substring(equals + 1);
        query.computeIfAbsent(decode(name), key -> new ArrayList<>()).add(decode(value));
      }
    }
    String authority = target.getRawAuthority() == null ? "" : target.getRawAuthority();
    return new RegistryUri(target.getScheme(), authority, service, query);
  }

  private static IllegalArgumentException hasNoService(URI target) {
    return new IllegalArgumentException(
        "Target \"" + target + "\" names no service; write it as scheme://address/service");
  }

  /** Returns the values of one name in the query; empty if it is not there. */
  public List<String> query(String name) {
    return query.getOrDefault(name, List.of());
  }

  private static String decode(String text) {
    return URLDecoder.decode(text, StandardCharsets.UTF_8);
  }
}
