/** Checks the tokens of calls on servers, and gets tokens for the calls of clients. */
@NullMarked
package io.fairlead.security.jwt;

import org.jspecify.annotations.NullMarked;
