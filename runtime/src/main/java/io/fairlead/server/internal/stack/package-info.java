/**
 * The layers around each handler, in order, and the threads that run them.
 *
 * <p>{@link io.fairlead.server.internal.stack.ServerStack} assembles the layers of a method, and
 * has the reason for the place of each. A layer is an interceptor of grpc-java, is made once for a
 * method, and holds no state of a call. What a call needs is in the objects that wrap its call and
 * its listener.
 *
 * <p>All layers run on the event loop and never wait. A call that has to wait, for an authorizer, a
 * permit or a thread, becomes a {@link io.fairlead.server.internal.call.DeferredCall}.
 */
@NullMarked
package io.fairlead.server.internal.stack;

import org.jspecify.annotations.NullMarked;
