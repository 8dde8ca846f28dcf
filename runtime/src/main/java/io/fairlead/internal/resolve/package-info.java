/**
 * Name resolution: from a target or a registry to addresses for grpc-java.
 *
 * <p>A target is parsed once, when a channel is built. A registry's lists enter grpc-java through a
 * name resolver, as address groups whose attributes carry the endpoint.
 */
@NullMarked
package io.fairlead.internal.resolve;

import org.jspecify.annotations.NullMarked;
