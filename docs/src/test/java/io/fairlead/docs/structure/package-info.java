/** What every module shows to the outside, and which package knows which. */
@NullMarked
package io.fairlead.docs.structure;

import org.jspecify.annotations.NullMarked;
