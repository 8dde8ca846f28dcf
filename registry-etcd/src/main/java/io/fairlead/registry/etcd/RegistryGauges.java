package io.fairlead.registry.etcd;

import io.fairlead.discovery.Registration.State;
import io.fairlead.discovery.Resolution.Freshness;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Turns the state of a registry into numbers with names. */
final class RegistryGauges {
  private static final String PREFIX = "fairlead.registry.";

  private final List<RegistryGauge> all = new ArrayList<>();

  private RegistryGauges() {}

  static List<RegistryGauge> of(RegistryHealth health) {
    RegistryGauges gauges = new RegistryGauges();
    gauges.link(health);
    health.registrations().forEach(gauges::registration);
    health.watches().forEach(gauges::watch);
    return List.copyOf(gauges.all);
  }

  private void link(RegistryHealth health) {
    Map<String, String> none = Map.of();
    gauge("linked", none, health.linked() ? 1 : 0);
    gauge("link.age.seconds", none, seconds(health.linkAge()));
    counter("link.losses", none, health.linkLosses());
    gauge("lease.remaining.seconds", none, seconds(health.leaseRemaining().orElse(Duration.ZERO)));
    counter("lease.losses", none, health.leaseLosses());
    health
        .certificateLeft()
        .ifPresent(left -> gauge("certificate.left.seconds", none, seconds(left)));
  }

  private void registration(RegistrationHealth one) {
    Map<String, String> labels = Map.of("service", one.service(), "id", one.endpointId());
    gauge("registration.registered", labels, one.status().state() == State.REGISTERED ? 1 : 0);
    gauge(
        "registration.since.epoch.seconds", labels, (double) one.status().since().getEpochSecond());
  }

  private void watch(WatchHealth watch) {
    Map<String, String> labels = Map.of("service", watch.service());
    gauge("watch.endpoints", labels, watch.endpoints());
    gauge("watch.revision", labels, (double) watch.revision());
    gauge("watch.age.seconds", labels, seconds(watch.age()));
    gauge(
        "watch.preserved",
        labels,
        watch.freshness().filter(Freshness.PRESERVED::equals).isPresent() ? 1 : 0);
    gauge("watch.missing", labels, watch.missing());
    counter("watch.relists", labels, watch.relists());
    counter("watch.replacements", labels, watch.replacements());
    counter("watch.preservations", labels, watch.preservations());
  }

  private void gauge(String name, Map<String, String> labels, double value) {
    all.add(new RegistryGauge(PREFIX + name, labels, value, false));
  }

  private void counter(String name, Map<String, String> labels, long value) {
    all.add(new RegistryGauge(PREFIX + name, labels, value, true));
  }

  private static double seconds(Duration duration) {
    return duration.toNanos() / 1e9;
  }
}
