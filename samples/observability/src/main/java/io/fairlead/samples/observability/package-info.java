/** What operators see of a service. */
@NullMarked
package io.fairlead.samples.observability;

import org.jspecify.annotations.NullMarked;
