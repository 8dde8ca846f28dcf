/** A service that follows its load. */
@NullMarked
package io.fairlead.samples.scaling;

import org.jspecify.annotations.NullMarked;
