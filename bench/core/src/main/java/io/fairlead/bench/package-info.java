/** Load, measurement and reports of the bench; the variants live in modules of their own. */
@NullMarked
package io.fairlead.bench;

import org.jspecify.annotations.NullMarked;
