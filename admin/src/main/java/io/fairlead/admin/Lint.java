package io.fairlead.admin;

import io.fairlead.admin.v1.Finding;
import io.fairlead.balance.EndpointView;
import io.fairlead.client.RpcChannel;
import io.fairlead.discovery.Registration;
import io.fairlead.server.RpcServer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/** Finds misuse in what a process shows of itself, and says what to do about it. */
final class Lint {
  private static final Duration SOON = Duration.ofDays(14);

  private final List<Finding> findings = new ArrayList<>();
  private final Instant now;

  private Lint(Instant now) {
    this.now = now;
  }

  /**
   * Looks at a process.
   *
   * @param withoutDeadline the methods whose callers sent no deadline, with how many calls
   */
  static List<Finding> of(
      WatchedProcess process, Map<String, Integer> withoutDeadline, Instant now) {
    Lint lint = new Lint(now);
    withoutDeadline.forEach(
        (method, calls) ->
            lint.add(
                "NO_DEADLINE",
                method,
                calls
                    + (calls == 1 ? " recent call" : " recent calls")
                    + " came without a deadline",
                "state a deadline in the contract, or let the caller send one: such a call waits for"
                    + " as long as it takes"));
    process.servers().forEach(lint::server);
    process.channels().forEach(lint::channel);
    return lint.findings;
  }

  private void add(String rule, String subject, String text, String wayOut) {
    findings.add(
        Finding.newBuilder()
            .setRule(rule)
            .setSubject(subject)
            .setText(text)
            .setWayOut(wayOut)
            .build());
  }

  private void server(RpcServer server) {
    String subject = "server " + server.name();
    certificate(subject, server.certificateExpiry());
    server
        .registration()
        .filter(entry -> entry.status().state() != Registration.State.REGISTERED)
        .ifPresent(
            entry ->
                add(
                    "NOT_REGISTERED",
                    subject,
                    "its registration is "
                        + entry.status().state()
                        + ": "
                        + entry.status().detail(),
                    "look at the registry: \"fairlead doctor\" does"));
  }

  private void channel(RpcChannel channel) {
    String subject = "channel " + channel.target();
    certificate(subject, channel.certificateExpiry());
    TreeMap<String, Integer> versions = new TreeMap<>();
    List<EndpointView> endpoints = channel.endpoints();
    for (EndpointView each : endpoints) {
      versions.merge(each.endpoint().version().orElse("none"), 1, Integer::sum);
    }
    if (versions.size() > 1) {
      add(
          "UNEQUAL_VERSIONS",
          subject,
          "its endpoints have the versions " + versions,
          "finish the deploy, or roll it back");
    }
    TreeSet<String> ejected = new TreeSet<>();
    endpoints.stream().filter(EndpointView::isEjected).forEach(each -> ejected.add(each.id()));
    if (!ejected.isEmpty()) {
      add(
          "EJECTED",
          subject,
          "outlier detection keeps calls from " + String.join(", ", ejected),
          "look at the failed calls of these endpoints");
    }
    if (!endpoints.isEmpty() && endpoints.stream().noneMatch(EndpointView::isReady)) {
      add(
          "NO_ENDPOINT",
          subject,
          "none of its " + endpoints.size() + " endpoints is ready",
          "look at their addresses and ports: \"fairlead doctor\" does");
    }
  }

  private void certificate(String subject, Optional<Instant> expiry) {
    if (expiry.isEmpty()) {
      return;
    }
    Duration left = Duration.between(now, expiry.get());
    if (left.compareTo(SOON) < 0) {
      add(
          "CERTIFICATE",
          subject,
          left.isNegative()
              ? "its certificate expired at " + expiry.get()
              : "its certificate expires in " + left.toDays() + " days, at " + expiry.get(),
          "renew the files; they are taken without a restart");
    }
  }
}
