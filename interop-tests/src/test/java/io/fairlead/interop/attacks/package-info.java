/** Attackers at a stated rate beside an honest client. */
@NullMarked
package io.fairlead.interop.attacks;

import org.jspecify.annotations.NullMarked;
