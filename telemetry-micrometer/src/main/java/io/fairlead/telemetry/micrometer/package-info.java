/** The telemetry of a process in a registry of Micrometer. */
@NullMarked
package io.fairlead.telemetry.micrometer;

import org.jspecify.annotations.NullMarked;
