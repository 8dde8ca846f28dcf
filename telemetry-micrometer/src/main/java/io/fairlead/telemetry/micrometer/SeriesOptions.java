package io.fairlead.telemetry.micrometer;

import java.util.List;

/**
 * What is published of a histogram.
 *
 * @param percentiles between 0 and 1
 * @param buckets whether each bucket is a counter
 */
record SeriesOptions(List<Double> percentiles, boolean buckets) {}
