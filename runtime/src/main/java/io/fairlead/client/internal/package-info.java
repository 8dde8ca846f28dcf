/**
 * The calls of a channel: retries, hedging, fallbacks and deadlines around attempts of grpc-java.
 */
@NullMarked
package io.fairlead.client.internal;

import org.jspecify.annotations.NullMarked;
