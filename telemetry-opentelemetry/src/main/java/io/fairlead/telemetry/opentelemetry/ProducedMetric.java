package io.fairlead.telemetry.opentelemetry;

import io.fairlead.telemetry.MetricFamily;
import io.opentelemetry.sdk.common.InstrumentationScopeInfo;
import io.opentelemetry.sdk.metrics.data.Data;
import io.opentelemetry.sdk.metrics.data.MetricData;
import io.opentelemetry.sdk.metrics.data.MetricDataType;
import io.opentelemetry.sdk.resources.Resource;

/** A metric in the form in which readers of the SDK take it. */
final class ProducedMetric implements MetricData {
  private final Resource resource;
  private final InstrumentationScopeInfo scope;
  private final String name;
  private final String description;
  private final String unit;
  private final TypedData data;

  ProducedMetric(
      Resource resource,
      InstrumentationScopeInfo scope,
      MetricNames names,
      MetricFamily family,
      TypedData data) {
    this.resource = resource;
    this.scope = scope;
    this.name = names.name(family);
    this.description = family.help();
    this.unit = family.unit();
    this.data = data;
  }

  /** Points, and what they are. */
  record TypedData(MetricDataType type, Data<?> data) {}

  @Override
  public Resource getResource() {
    return resource;
  }

  @Override
  public InstrumentationScopeInfo getInstrumentationScopeInfo() {
    return scope;
  }

  @Override
  public String getName() {
    return name;
  }

  @Override
  public String getDescription() {
    return description;
  }

  @Override
  public String getUnit() {
    return unit;
  }

  @Override
  public MetricDataType getType() {
    return data.type();
  }

  @Override
  public Data<?> getData() {
    return data.data();
  }

  @Override
  public String toString() {
    return name + " " + data.data().getPoints();
  }
}
