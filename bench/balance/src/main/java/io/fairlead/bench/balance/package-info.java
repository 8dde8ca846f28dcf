/** Balancers before simulated clusters, in virtual time. */
@NullMarked
package io.fairlead.bench.balance;

import org.jspecify.annotations.NullMarked;
