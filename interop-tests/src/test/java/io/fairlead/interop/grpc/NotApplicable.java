package io.fairlead.interop.grpc;

import java.util.EnumMap;
import java.util.Map;

/** Which cases say nothing about a peer, and why. */
final class NotApplicable {
  private static final String CACHEABLE =
      "needs a caching proxy between the two, and calls by GET, which gRPC has given up";
  private static final String SCALING =
      "needs the experimental setting of gRPC core that opens more connections to one address; no"
          + " released interop program has the case";
  private static final String ORCA = "the library brings nothing for load reports (ORCA)";

  private static final String METADATA_SERVER =
      "its token comes from the metadata server of a machine in Google's cloud";
  private static final String SIGNING =
      "the library carries tokens and signs none; that is the work of Google's own packages";
  private static final String PLAIN = "tokens travel over TLS alone";

  private NotApplicable() {}

  /** Those that say nothing about any pair of peers here. */
  static Map<InteropCase, String> toAnyPeer(Security security) {
    Map<InteropCase, String> not = new EnumMap<>(InteropCase.class);
    not.put(InteropCase.CACHEABLE_UNARY, CACHEABLE);
    not.put(InteropCase.MAX_CONCURRENT_STREAMS_CONNECTION_SCALING, SCALING);
    not.put(InteropCase.COMPUTE_ENGINE_CREDS, METADATA_SERVER);
    not.put(InteropCase.COMPUTE_ENGINE_CHANNEL_CREDENTIALS, METADATA_SERVER);
    not.put(InteropCase.GOOGLE_DEFAULT_CREDENTIALS, "needs an account in Google's cloud");
    if (security == Security.PLAINTEXT) {
      InteropCase.WITH_TOKENS.forEach(each -> not.put(each, PLAIN));
    }
    return not;
  }

  /** For the programs that are ours, on a library: those that it has nothing for. */
  static Map<InteropCase, String> toLibraries(Security security) {
    Map<InteropCase, String> not = toAnyPeer(security);
    not.put(InteropCase.ORCA_PER_RPC, ORCA);
    not.put(InteropCase.ORCA_OOB, ORCA);
    not.putIfAbsent(InteropCase.JWT_TOKEN_CREDS, SIGNING);
    return not;
  }
}
