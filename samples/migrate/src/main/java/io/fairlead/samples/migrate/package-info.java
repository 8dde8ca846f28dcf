/** From stock stubs to Fairlead, one call at a time; every step works. */
@NullMarked
package io.fairlead.samples.migrate;

import org.jspecify.annotations.NullMarked;
