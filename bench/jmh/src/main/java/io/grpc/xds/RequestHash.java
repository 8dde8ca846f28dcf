package io.grpc.xds;

import io.grpc.CallOptions;

/** Sets the hash that ring_hash picks by, which only a class of this package can name. */
public final class RequestHash {
  private RequestHash() {}

  /** The options of a call with this hash. */
  public static CallOptions of(CallOptions options, long hash) {
    return options.withOption(XdsNameResolver.RPC_HASH_KEY, hash);
  }
}
