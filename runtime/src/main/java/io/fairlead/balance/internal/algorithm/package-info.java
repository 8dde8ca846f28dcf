/** The balancers that come with the runtime, one class each. */
@NullMarked
package io.fairlead.balance.internal.algorithm;

import org.jspecify.annotations.NullMarked;
