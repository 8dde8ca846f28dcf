/** What operators have at hand, against a server of ours. */
@NullMarked
package io.fairlead.interop.tools;

import org.jspecify.annotations.NullMarked;
