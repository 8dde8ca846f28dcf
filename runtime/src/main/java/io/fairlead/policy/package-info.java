/**
 * Policies and limits as values, and where they come from. Nothing here knows gRPC or a clock; the
 * decisions that are taken from them are internals of the client and the server.
 */
@NullMarked
package io.fairlead.policy;

import org.jspecify.annotations.NullMarked;
