/** Tests of what REST makes of bodies and rules. */
@NullMarked
package io.fairlead.gateway.internal.rest;

import org.jspecify.annotations.NullMarked;
