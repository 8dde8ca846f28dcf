/**
 * The calls of a channel: retries, hedging, fallbacks and deadlines around attempts of grpc-java.
 *
 * <p>{@link io.fairlead.client.internal.ClientCallFactory} is the channel itself. For each method
 * it keeps a {@link io.fairlead.client.internal.MethodConfig} with a stack of layers, {@link
 * io.fairlead.client.internal.ClientStack}. A call begins at the top of the stack and walks down to
 * its attempts; its end walks up. Layers are shared by all calls of a method; the state of a call
 * is in the call object.
 *
 * <p>Threads: the caller's thread starts a call and sends its request. Everything later, such as
 * the end of an attempt, a backoff or a hedge, happens on event loops, where nothing may block.
 * Code of the application that may block runs on the callback threads. A call has one lock or
 * monitor, under which decisions are made, and never sends or calls the application while holding
 * it.
 */
@NullMarked
package io.fairlead.client.internal;

import org.jspecify.annotations.NullMarked;
