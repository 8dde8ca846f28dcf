/** What a person on call does: three faults, found and mended from outside. */
@NullMarked
package io.fairlead.samples.oncall;

import org.jspecify.annotations.NullMarked;
