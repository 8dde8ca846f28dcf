/**
 * Spans of calls, attempts and handlers through the API of OpenTelemetry, and metrics for its SDK.
 */
@NullMarked
package io.fairlead.telemetry.opentelemetry;

import org.jspecify.annotations.NullMarked;
