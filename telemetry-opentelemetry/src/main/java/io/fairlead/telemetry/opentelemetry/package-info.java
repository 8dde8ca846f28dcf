/** Spans of calls, attempts and handlers through the API of OpenTelemetry. */
@NullMarked
package io.fairlead.telemetry.opentelemetry;

import org.jspecify.annotations.NullMarked;
