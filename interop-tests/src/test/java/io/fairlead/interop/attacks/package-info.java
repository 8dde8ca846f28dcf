/** Attacks at a stated rate, and what they cost an honest client. */
@NullMarked
package io.fairlead.interop.attacks;

import org.jspecify.annotations.NullMarked;
