/** Spans, metrics and logs in the OpenTelemetry Collector, and traces through three languages. */
@NullMarked
package io.fairlead.interop.telemetry;

import org.jspecify.annotations.NullMarked;
