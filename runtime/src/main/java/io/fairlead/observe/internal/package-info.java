/**
 * The result of one attempt, made once where its stream closes, and the rewriting of statuses.
 *
 * <p>{@link io.fairlead.observe.internal.StreamTracer} follows a stream and makes the result. Load
 * figures, breakers, strategies and observers only read it, so they cannot disagree about what
 * happened.
 */
@NullMarked
package io.fairlead.observe.internal;

import org.jspecify.annotations.NullMarked;
