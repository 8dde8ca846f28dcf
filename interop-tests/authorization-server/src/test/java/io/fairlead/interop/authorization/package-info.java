/** Tokens of an authorization server that others wrote. */
@NullMarked
package io.fairlead.interop.authorization;

import org.jspecify.annotations.NullMarked;
