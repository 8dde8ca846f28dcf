/** A balancer of one's own, and what it changes. */
@NullMarked
package io.fairlead.samples.ownbalancer;

import org.jspecify.annotations.NullMarked;
