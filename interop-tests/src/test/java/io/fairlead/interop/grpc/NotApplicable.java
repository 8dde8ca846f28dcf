package io.fairlead.interop.grpc;

/** Why a case says nothing about any pair of peers here. */
final class NotApplicable {
  static final String CACHEABLE =
      "needs a caching proxy between the two, and calls by GET, which gRPC has given up";
  static final String SCALING =
      "needs the experimental setting of gRPC core that opens more connections to one address; no"
          + " released interop program has the case";

  static final String ORCA = "the library brings nothing for load reports (ORCA)";

  private NotApplicable() {}
}
