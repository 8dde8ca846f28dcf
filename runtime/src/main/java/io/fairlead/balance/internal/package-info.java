/**
 * Load balancing in grpc-java: endpoints, their state and load, ejection, and the picker.
 *
 * <p>{@link io.fairlead.balance.internal.FairleadLoadBalancer} is the entry. It runs in the
 * channel's synchronization context, and so does everything that changes an endpoint; no lock is
 * needed there. Its product is a {@link io.fairlead.balance.internal.FairleadPicker}, which any
 * thread reads. Calls report back through tracers, on event loops: they touch counters, and leave
 * changes of state to the context.
 *
 * <p>The objects, from long-lived to short-lived: the load balancer and its context; a managed
 * endpoint with its connections; a handle, made anew when the registry sends new data; the states
 * and the picker, made anew at each change; the context of one attempt.
 */
@NullMarked
package io.fairlead.balance.internal;

import org.jspecify.annotations.NullMarked;
