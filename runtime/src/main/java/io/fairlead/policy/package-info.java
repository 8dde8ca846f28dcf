/**
 * Policies as values, and the decisions taken from them.
 *
 * <p>Nothing here knows gRPC or a clock: time comes in as a number, randomness as a function, so
 * every decision is tested without waiting.
 */
@NullMarked
package io.fairlead.policy;

import org.jspecify.annotations.NullMarked;
