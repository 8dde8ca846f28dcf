/**
 * HTTP/1.1 and HTTP/2 on the port of gRPC: which connection and which stream is whose, and one form
 * of a request for both versions.
 *
 * <p>Everything of one connection happens on its event loop.
 */
@NullMarked
package io.fairlead.gateway.internal.http;

import org.jspecify.annotations.NullMarked;
