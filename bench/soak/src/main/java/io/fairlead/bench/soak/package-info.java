/** A long mixed load with faults, after which nothing may be left over. */
@NullMarked
package io.fairlead.bench.soak;

import org.jspecify.annotations.NullMarked;
