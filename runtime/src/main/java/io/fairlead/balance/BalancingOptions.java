package io.fairlead.balance;

import com.google.common.base.MoreObjects;
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

  /**
   * The share of its calls that an endpoint gets when it has just started, or has come back. It
   * grows evenly to the whole, so that caches and compilers can warm up.
   *
   * @param window how long it grows; zero where slow start is off
   * @param initialShare the share at the beginning, above 0
   */
  public record SlowStart(Duration window, double initialShare) {
    public SlowStart {
      Arguments.range("slow_start.window", window, Duration.ZERO, Duration.ofHours(1));
      Arguments.range("slow_start.initial_share", initialShare, 0.001, 1);
    }

    /** Returns whether endpoints start slowly. */
    public boolean isEnabled() {
      return !window.isZero();
    }

    /** Returns the share of an endpoint of this age. */
    public double share(long ageNanos) {
      long whole = window.toNanos();
      if (ageNanos >= whole) {
        return 1;
      }
      return initialShare + (1 - initialShare) * Math.max(0, ageNanos) / (double) whole;
    }

    @Override
    public String toString() {
      return "slow_start{window="
          + Durations.format(window)
          + ", initial_share="
          + initialShare
          + "}";
    }
  }

  /**
   * How many connections a channel has to each endpoint.
   *
   * @param min made when the endpoint is first seen
   * @param max there may be when all of them are full
   * @param maxStreams calls at a time from which a connection is full
   */
  public record ConnectionLimits(int min, int max, int maxStreams) {
    public ConnectionLimits {
      if (min < 1 || max < min || max > 64) {
        throw new IllegalArgumentException(
            "connections are " + min + " to " + max + "; use 1 <= min <= max <= 64");
      }
      Arguments.atLeast("connections.max_streams", maxStreams, 1);
    }

    @Override
    public String toString() {
      return "connections{min=" + min + ", max=" + max + ", max_streams=" + maxStreams + "}";
    }
  }

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
    return MoreObjects.toStringHelper("balancing")
        .omitNullValues()
        .add("balancer", balancer)
        .add("zone", zone)
        .add("subset", subset == 0 ? null : subset)
        .add("client_id", clientId)
        .addValue(slowStart)
        .addValue(outlierDetection)
        .add("panic_threshold", panicThreshold)
        .add("health_gating", healthGating)
        .add("health_service", healthService)
        .add("strict_health", strictHealth)
        // Not their values, which may be secrets.
        .add("watch_headers", watchHeaders.keySet())
        .addValue(connections)
        .add("load_report_interval", Durations.format(loadReportInterval))
        .add("max_consecutive_timeouts", maxConsecutiveTimeouts)
        .add("key_header", keyHeader)
        .addValue(endpointSelectorHeader)
        .toString();
  }

  /** Collects options; {@link #build} checks them. */
  public static final class Builder {
    private BalancerSpec balancer = BalancerSpec.DEFAULT;
    private @Nullable String zone;
    private int subset;
    private @Nullable String clientId;
    private SlowStart slowStart = new SlowStart(Duration.ZERO, 0.1);
    private OutlierDetectionPolicy outlierDetection = OutlierDetectionPolicy.DEFAULT;
    private double panicThreshold = 0.5;
    private boolean healthGating = true;
    private @Nullable String healthService;
    private boolean strictHealth;
    private final Map<String, String> watchHeaders = new LinkedHashMap<>();
    private ConnectionLimits connections = new ConnectionLimits(1, 1, 100);
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

    /**
     * Sets how long a new endpoint gets fewer calls than the others, from a tenth of its share on;
     * zero, the default, for not at all.
     */
    public Builder slowStart(Duration window) {
      return slowStart(window, 0.1);
    }

    /** Sets the same, from another share at the beginning: above 0, at most 1. */
    public Builder slowStart(Duration window, double initialShare) {
      slowStart = new SlowStart(Objects.requireNonNull(window, "window"), initialShare);
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

    /**
     * Sets how many connections to each endpoint: at least {@code min}, and up to {@code max}, 64
     * at the most, while each of them has 100 calls at a time. Default: 1.
     */
    public Builder connections(int min, int max) {
      return connections(min, max, 100);
    }

    /** Sets the same, with another number of calls at a time from which a connection is full. */
    public Builder connections(int min, int max, int maxStreams) {
      connections = new ConnectionLimits(min, max, maxStreams);
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
