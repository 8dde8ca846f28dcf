/** The code of a user of Fairlead, to be tested. */
@NullMarked
package io.fairlead.samples.testing;

import org.jspecify.annotations.NullMarked;
