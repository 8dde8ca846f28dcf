package io.fairlead.telemetry;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * Names targets as gRFC A66 has them: with the scheme that gRPC adds if there is none. So two
 * channels to one target are one series, however it was written.
 */
final class CanonicalTargets {
  private static final String SCHEME_END = "://";
  private static final String DEFAULT_SCHEME = "dns:///";

  /** More are made each time: names that others make up must not fill the memory. */
  private static final int MAX_KNOWN = 1_000;

  /** Those without a scheme, so that no text is made for each attempt. */
  private static final ConcurrentMap<String, String> KNOWN = new ConcurrentHashMap<>();

  private CanonicalTargets() {}

  /** Returns the canonical form of a target. */
  static String of(String target) {
    if (target.contains(SCHEME_END)) {
      return target;
    }
    String known = KNOWN.get(target);
    return known != null ? known : add(target);
  }

  private static String add(String target) {
    String canonical = DEFAULT_SCHEME + target;
    if (KNOWN.size() < MAX_KNOWN) {
      KNOWN.put(target, canonical);
    }
    return canonical;
  }
}
