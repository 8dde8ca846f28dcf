/** The interface of balancers, and the options of balancing. */
@NullMarked
package io.fairlead.balance;

import org.jspecify.annotations.NullMarked;
