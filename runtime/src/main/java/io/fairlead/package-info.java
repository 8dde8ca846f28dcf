/**
 * What an application touches: calls, their settings and context, and streams of messages.
 *
 * <p>Generated code stands on {@link io.fairlead.contract}.
 */
@NullMarked
package io.fairlead;

import org.jspecify.annotations.NullMarked;
