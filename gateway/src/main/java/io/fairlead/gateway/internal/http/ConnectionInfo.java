package io.fairlead.gateway.internal.http;

import io.grpc.Attributes;

/**
 * A connection that requests come by.
 *
 * @param attributes what gRPC knows of it: addresses, TLS
 * @param http2 whether several requests share it
 */
public record ConnectionInfo(Attributes attributes, boolean http2) {}
