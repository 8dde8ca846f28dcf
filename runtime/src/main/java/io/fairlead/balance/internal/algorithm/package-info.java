/**
 * The balancers that come with the runtime, one class each.
 *
 * <p>A balancer makes pickers, one at a time, and a picker is asked by many threads. So what
 * changes with the list is made once for a picker, and what lasts longer is a field of the
 * balancer. A pick must not lock, and allocates nothing. The tests and {@code bench/balance} run
 * each balancer in simulated clusters.
 */
@NullMarked
package io.fairlead.balance.internal.algorithm;

import org.jspecify.annotations.NullMarked;
