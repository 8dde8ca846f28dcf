/** Who calls a server, and whether the caller may. */
@NullMarked
package io.fairlead.security;

import org.jspecify.annotations.NullMarked;
