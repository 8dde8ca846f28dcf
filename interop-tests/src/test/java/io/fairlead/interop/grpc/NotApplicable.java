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

  private NotApplicable() {}

  /** Those that say nothing about any pair of peers here. */
  static Map<InteropCase, String> toAnyPeer() {
    Map<InteropCase, String> not = new EnumMap<>(InteropCase.class);
    not.put(InteropCase.CACHEABLE_UNARY, CACHEABLE);
    not.put(InteropCase.MAX_CONCURRENT_STREAMS_CONNECTION_SCALING, SCALING);
    return not;
  }

  /** For the programs that are ours, on a library that has nothing for the cases of ORCA. */
  static Map<InteropCase, String> withoutReports() {
    Map<InteropCase, String> not = toAnyPeer();
    not.put(InteropCase.ORCA_PER_RPC, ORCA);
    not.put(InteropCase.ORCA_OOB, ORCA);
    return not;
  }
}
