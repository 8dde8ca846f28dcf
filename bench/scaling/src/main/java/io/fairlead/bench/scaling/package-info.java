/** Rules for the number of instances of a service, in virtual time. */
@NullMarked
package io.fairlead.bench.scaling;

import org.jspecify.annotations.NullMarked;
