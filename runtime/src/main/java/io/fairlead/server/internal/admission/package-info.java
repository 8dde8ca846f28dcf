/**
 * Which calls a server takes: limits, the queue for a permit, and the adaptive limit.
 *
 * <p>Admission is asked on the event loop, for each call, so it must be cheap: counters are atomic,
 * and a method without any limit has no layer here. The adaptive limit is a control loop of its
 * own, in {@link io.fairlead.server.internal.admission.AdaptiveConcurrencyLimit} and the classes
 * that it is made of (cohort, sample, sequential test); they share its lock. Its simulations are in
 * the tests.
 */
@NullMarked
package io.fairlead.server.internal.admission;

import org.jspecify.annotations.NullMarked;
