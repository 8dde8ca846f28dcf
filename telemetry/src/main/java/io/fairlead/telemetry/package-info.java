/**
 * Counts and times of calls on both sides, kept in fixed memory and read by whoever publishes them.
 */
@NullMarked
package io.fairlead.telemetry;

import org.jspecify.annotations.NullMarked;
