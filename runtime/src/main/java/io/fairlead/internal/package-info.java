/** Small types that all other packages use. */
@NullMarked
package io.fairlead.internal;

import org.jspecify.annotations.NullMarked;
