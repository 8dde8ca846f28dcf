/** The telemetry of a process in the formats of Prometheus. */
@NullMarked
package io.fairlead.telemetry.prometheus;

import org.jspecify.annotations.NullMarked;
