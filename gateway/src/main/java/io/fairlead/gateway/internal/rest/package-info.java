/** REST, as {@code google.api.http} in the contracts describes it. */
@NullMarked
package io.fairlead.gateway.internal.rest;

import org.jspecify.annotations.NullMarked;
