package io.fairlead.balance;

import io.fairlead.internal.Arguments;
import io.fairlead.internal.Durations;
import io.fairlead.policy.BalancerSpec;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * How a channel balances its calls. A service config has the same values under the same names:
 * {@code {"loadBalancingConfig": [{"fairlead": {"balancer": {"peak_ewma": {}}, "subset": 20}}]}}.
 */
public final class BalancingOptions {
  /** The name of these options in a service config's {@code loadBalancingConfig}. */
  public static final String POLICY_NAME = "fairlead";

  /** What a channel does where nothing is said. */
  public static final BalancingOptions DEFAULT = builder().build();

  private final BalancerSpec balancer;
  private final @Nullable String zone;
  private final int subset;
  private final @Nullable String clientId;
  private final SlowStart slowStart;
  private final OutlierDetectionPolicy outlierDetection;
  private final double panicThreshold;
  private final boolean healthGating;
  private final @Nullable String healthService;
  private final boolean strictHealth;
  private final Map<String, String> watchHeaders;
  private final ConnectionLimits connections;
  private final Duration loadReportInterval;
  private final int maxConsecutiveTimeouts;
  private final @Nullable String keyHeader;
  private final @Nullable EndpointSelectorHeader endpointSelectorHeader;

  private BalancingOptions(Builder builder) {
    balancer = builder.balancer;
    zone = builder.zone;
    subset = Arguments.range("fairlead.subset", builder.subset, 0, 1_000_000);
    clientId = builder.clientId;
    slowStart = builder.slowStart;
    outlierDetection = builder.outlierDetection;
    panicThreshold = Arguments.range("fairlead.panic_threshold", builder.panicThreshold, 0, 1);
    healthGating = builder.healthGating;
    healthService = builder.healthService;
    strictHealth = builder.strictHealth;
    watchHeaders = Collections.unmodifiableMap(new LinkedHashMap<>(builder.watchHeaders));
    connections = builder.connections;
    loadReportInterval =
        Arguments.range(
            "fairlead.load_report_interval",
            builder.loadReportInterval,
            Duration.ZERO,
            Duration.ofHours(1));
    maxConsecutiveTimeouts =
        Arguments.range(
            "fairlead.max_consecutive_timeouts", builder.maxConsecutiveTimeouts, 0, 1_000_000);
    keyHeader =
        builder.keyHeader == null ? null : Arguments.header("key_header", builder.keyHeader);
    endpointSelectorHeader = builder.endpointSelectorHeader;
  }

  /** Returns a builder that starts from the defaults. */
  public static Builder builder() {
    return new Builder();
  }

  /** Returns a builder that starts from these options. */
  public Builder toBuilder() {
    Builder builder = new Builder();
    builder.balancer = balancer;
    builder.zone = zone;
    builder.subset = subset;
    builder.clientId = clientId;
    builder.slowStart = slowStart;
    builder.outlierDetection = outlierDetection;
    builder.panicThreshold = panicThreshold;
    builder.healthGating = healthGating;
    builder.healthService = healthService;
    builder.strictHealth = strictHealth;
    builder.watchHeaders.putAll(watchHeaders);
    builder.connections = connections;
    builder.loadReportInterval = loadReportInterval;
    builder.maxConsecutiveTimeouts = maxConsecutiveTimeouts;
    builder.keyHeader = keyHeader;
    builder.endpointSelectorHeader = endpointSelectorHeader;
    return builder;
  }

  /** Returns what calls use that ask for nothing else. */
  public BalancerSpec balancer() {
    return balancer;
  }

  /** Returns where this process runs: calls stay there while its endpoints suffice. */
  public Optional<String> zone() {
    return Optional.ofNullable(zone);
  }

  /** Returns how many endpoints the channel connects to; empty for all. */
  public OptionalInt subset() {
    return subset == 0 ? OptionalInt.empty() : OptionalInt.of(subset);
  }

  /** Returns what decides which endpoints; empty for a different choice in each channel. */
  public Optional<String> clientId() {
    return Optional.ofNullable(clientId);
  }

  /** Returns how endpoints begin. */
  public SlowStart slowStart() {
    return slowStart;
  }

  /** Returns when endpoints are ejected. */
  public OutlierDetectionPolicy outlierDetection() {
    return outlierDetection;
  }

  /** Returns the share of endpoints that are not ejected below which ejection is ignored. */
  public double panicThreshold() {
    return panicThreshold;
  }

  /** Returns whether {@code grpc.health.v1} is watched on each connection. */
  public boolean healthGating() {
    return healthGating;
  }

  /** Returns which service's health; empty for the server's. */
  public Optional<String> healthService() {
    return Optional.ofNullable(healthService);
  }

  /** Returns whether an endpoint takes calls only while its health service says SERVING. */
  public boolean strictHealth() {
    return strictHealth;
  }

  /** Returns the headers of the streams that a channel opens to watch its endpoints. */
  public Map<String, String> watchHeaders() {
    return watchHeaders;
  }

  /** Returns how many connections to each endpoint. */
  public ConnectionLimits connections() {
    return connections;
  }

  /** Returns how often endpoints are asked to report their load; empty for never. */
  public Optional<Duration> loadReportInterval() {
    return loadReportInterval.isZero() ? Optional.empty() : Optional.of(loadReportInterval);
  }

  /**
   * Returns how many consecutive calls on one connection may time out before a ping asks whether it
   * is alive; empty for no limit.
   */
  public OptionalInt maxConsecutiveTimeouts() {
    return maxConsecutiveTimeouts == 0
        ? OptionalInt.empty()
        : OptionalInt.of(maxConsecutiveTimeouts);
  }

  /**
   * Returns the request header whose value is the key of consistent hashing for calls that bring
   * none.
   */
  public Optional<String> keyHeader() {
    return Optional.ofNullable(keyHeader);
  }

  /** Returns the request header that sends calls to the endpoints with a tag. */
  public Optional<EndpointSelectorHeader> endpointSelectorHeader() {
    return Optional.ofNullable(endpointSelectorHeader);
  }

  private List<@Nullable Object> values() {
    return Arrays.asList(
        balancer,
        zone,
        subset,
        clientId,
        slowStart,
        outlierDetection,
        panicThreshold,
        healthGating,
        healthService,
        strictHealth,
        watchHeaders,
        connections,
        loadReportInterval,
        maxConsecutiveTimeouts,
        keyHeader,
        endpointSelectorHeader);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof BalancingOptions that && values().equals(that.values());
  }

  @Override
  public int hashCode() {
    return values().hashCode();
  }

  @Override
  public String toString() {
    return "balancing{balancer="
        + balancer
        + (zone == null ? "" : ", zone=" + zone)
        + (subset == 0 ? "" : ", subset=" + subset)
        + (clientId == null ? "" : ", client_id=" + clientId)
        + ", "
        + slowStart
        + ", "
        + outlierDetection
        + ", panic_threshold="
        + panicThreshold
        + ", health_gating="
        + healthGating
        + (healthService == null ? "" : ", health_service=" + healthService)
        + (strictHealth ? ", strict_health=true" : "")
        // Not their values, which may be secrets.
        + (watchHeaders.isEmpty() ? "" : ", watch_headers=" + watchHeaders.keySet())
        + ", "
        + connections
        + ", load_report_interval="
        + Durations.format(loadReportInterval)
        + ", max_consecutive_timeouts="
        + maxConsecutiveTimeouts
        + (keyHeader == null ? "" : ", key_header=" + keyHeader)
        + (endpointSelectorHeader == null ? "" : ", " + endpointSelectorHeader)
        + "}";
  }

  /** Collects options; {@link #build} checks them. */
  public static final class Builder {
    private BalancerSpec balancer = BalancerSpec.DEFAULT;
    private @Nullable String zone;
    private int subset;
    private @Nullable String clientId;
    private SlowStart slowStart = SlowStart.OFF;
    private OutlierDetectionPolicy outlierDetection = OutlierDetectionPolicy.DEFAULT;
    private double panicThreshold = 0.5;
    private boolean healthGating = true;
    private @Nullable String healthService;
    private boolean strictHealth;
    private final Map<String, String> watchHeaders = new LinkedHashMap<>();
    private ConnectionLimits connections = ConnectionLimits.ONE;
    private Duration loadReportInterval = Duration.ZERO;
    private int maxConsecutiveTimeouts = 5;
    private @Nullable String keyHeader;
    private @Nullable EndpointSelectorHeader endpointSelectorHeader;

    private Builder() {}

    /** Sets the balancer of calls that ask for none. */
    public Builder balancer(BalancerSpec balancer) {
      this.balancer = Objects.requireNonNull(balancer, "balancer");
      return this;
    }

    /** Sets the zone in which this process runs. */
    public Builder zone(String zone) {
      this.zone = Objects.requireNonNull(zone, "zone");
      return this;
    }

    /** Connects to this many endpoints, a different choice in each channel; 0 for all. */
    public Builder subset(int size) {
      subset = size;
      return this;
    }

    /** Connects to this many endpoints, chosen by the client's id; 0 for all. */
    public Builder subset(int size, String clientId) {
      this.clientId = Objects.requireNonNull(clientId, "clientId");
      return subset(size);
    }

    /** Sets how new endpoints get calls. */
    public Builder slowStart(SlowStart slowStart) {
      this.slowStart = Objects.requireNonNull(slowStart, "slowStart");
      return this;
    }

    /** Sets when endpoints are ejected. */
    public Builder outlierDetection(OutlierDetectionPolicy outlierDetection) {
      this.outlierDetection = Objects.requireNonNull(outlierDetection, "outlierDetection");
      return this;
    }

    /** Sets the share of endpoints not ejected below which ejection is ignored. */
    public Builder panicThreshold(double share) {
      panicThreshold = share;
      return this;
    }

    /**
     * Watches the health of the server on each connection; so it is where nothing is said. An
     * endpoint that says NOT_SERVING gets no calls. One that gives no clear answer gets them; see
     * {@link #strictHealth}.
     */
    public Builder health() {
      healthGating = true;
      healthService = null;
      return this;
    }

    /** Watches the health of a service on each connection. */
    public Builder health(String service) {
      healthGating = true;
      healthService = Objects.requireNonNull(service, "service");
      return this;
    }

    /**
     * Sets whether an endpoint takes calls only while its health service says SERVING. Otherwise
     * calls also go to endpoints whose health is not known: those without the service, and those
     * that refuse the watch or do not answer it. Default: false.
     */
    public Builder strictHealth(boolean strict) {
      strictHealth = strict;
      return this;
    }

    /**
     * Adds a header to the streams that a channel itself opens to watch its endpoints: health and
     * load reports. For servers that want the header with every call. The call credentials of a
     * channel go with these streams without it.
     */
    public Builder watchHeader(String name, String value) {
      watchHeaders.put(
          Arguments.header("watchHeader", name), Objects.requireNonNull(value, "value"));
      return this;
    }

    /** Takes every endpoint that is connected for healthy. */
    public Builder withoutHealth() {
      healthGating = false;
      return this;
    }

    /** Sets how many connections to each endpoint. */
    public Builder connections(ConnectionLimits connections) {
      this.connections = Objects.requireNonNull(connections, "connections");
      return this;
    }

    /** Asks endpoints to report their load this often; zero for never. */
    public Builder loadReports(Duration interval) {
      loadReportInterval = Objects.requireNonNull(interval, "interval");
      return this;
    }

    /**
     * Pings a connection after this many consecutive timeouts on it, and makes another one if no
     * reply comes; 0 switches it off.
     */
    public Builder maxConsecutiveTimeouts(int count) {
      maxConsecutiveTimeouts = count;
      return this;
    }

    /** Takes the key of consistent hashing from a request header. */
    public Builder keyHeader(String name) {
      keyHeader = Objects.requireNonNull(name, "name");
      return this;
    }

    /** Sends calls to the endpoints with a tag, as a request header says. */
    public Builder endpointSelectorHeader(EndpointSelectorHeader selectorHeader) {
      endpointSelectorHeader = Objects.requireNonNull(selectorHeader, "selectorHeader");
      return this;
    }

    /** Returns the options, checked. */
    public BalancingOptions build() {
      return new BalancingOptions(this);
    }
  }
}
