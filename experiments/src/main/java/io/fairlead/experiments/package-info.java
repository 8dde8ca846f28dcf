/**
 * Experiments with calls of a running system: {@link io.fairlead.experiments.FaultInjector faults}
 * on purpose, and a {@link io.fairlead.experiments.Mirror mirror} of calls.
 */
@NullMarked
package io.fairlead.experiments;

import org.jspecify.annotations.NullMarked;
