package io.fairlead.registry.etcd;

import java.util.Locale;

/**
 * Where live policies are in etcd. No service of the registry has such a key: there is no slash
 * behind the root.
 *
 * <pre>
 * fairlead-policy:rules:SERVICE:              the set of a service
 * fairlead-policy:rules:SERVICE:12            the emergency rule that revision 12 began, on a lease
 * fairlead-policy:history:SERVICE:0000000012  the set as it was at revision 12
 * fairlead-policy:report:ID                   what a process applies, on its lease
 * </pre>
 */
final class PolicyKeys {
  private static final String RULES = "fairlead-policy:rules:";
  private static final String HISTORY = "fairlead-policy:history:";
  private static final String REPORT = "fairlead-policy:report:";

  private final String root;

  PolicyKeys(String root) {
    this.root = root;
  }

  KeyRange rules() {
    return KeyRange.prefix(root + RULES);
  }

  KeyRange rules(String service) {
    return KeyRange.prefix(set(service));
  }

  String set(String service) {
    return root + RULES + service + ":";
  }

  String emergency(String service, long revision) {
    return set(service) + revision;
  }

  /** Returns the service that a key of {@link #rules()} is of. */
  String service(String key) {
    String rest = key.substring((root + RULES).length());
    int colon = rest.indexOf(':');
    return colon < 0 ? rest : rest.substring(0, colon);
  }

  boolean isSet(String key) {
    return key.equals(set(service(key)));
  }

  KeyRange history(String service) {
    return KeyRange.prefix(root + HISTORY + service + ":");
  }

  /** Revisions have as many digits as sort them. */
  String history(String service, long revision) {
    return root + HISTORY + service + ":" + String.format(Locale.ROOT, "%010d", revision);
  }

  KeyRange reports() {
    return KeyRange.prefix(root + REPORT);
  }

  String report(String id) {
    return root + REPORT + id.replace("%", "%25").replace("/", "%2F");
  }
}
