package io.fairlead.discovery;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** One running instance of a service, as a registry describes it. */
public final class Endpoint {
  /** The weight of an endpoint that states none. */
  public static final int ORDINARY_WEIGHT = 100;

  private final String id;
  private final List<Address> addresses;
  private final @Nullable String zone;
  private final int weight;
  private final @Nullable String version;
  private final Map<String, String> tags;
  private final @Nullable Instant startedAt;
  private final boolean draining;

  private Endpoint(Builder builder) {
    id = builder.id;
    addresses = List.copyOf(builder.addresses);
    zone = builder.zone;
    weight = builder.weight;
    version = builder.version;
    tags = Map.copyOf(builder.tags);
    startedAt = builder.startedAt;
    draining = builder.draining;
    if (id.isBlank() || id.indexOf('/') >= 0) {
      throw new IllegalArgumentException(
          "Endpoint id \"" + id + "\" is blank or has a slash; use letters, digits, '-', '_', '.'");
    }
    if (addresses.isEmpty()) {
      throw new IllegalArgumentException("Endpoint " + id + " has no address");
    }
    if (weight < 0) {
      throw new IllegalArgumentException(
          "Endpoint " + id + " has weight " + weight + "; use 0 or more, 100 is ordinary");
    }
  }

  /** Returns an endpoint with one plain gRPC address and nothing else stated. */
  public static Endpoint of(String id, String host, int port) {
    return builder(id).addresses(Address.grpc(host, port)).build();
  }

  /** Returns a builder of an endpoint of which nothing else is stated. */
  public static Builder builder(String id) {
    return new Builder(id);
  }

  /** Returns a builder that starts from this endpoint. */
  public Builder toBuilder() {
    return toBuilder(id);
  }

  /** Returns a builder that starts from this endpoint, with another id. */
  public Builder toBuilder(String otherId) {
    Builder builder = builder(otherId);
    builder.addresses = addresses;
    builder.zone = zone;
    builder.weight = weight;
    builder.version = version;
    builder.tags = tags;
    builder.startedAt = startedAt;
    builder.draining = draining;
    return builder;
  }

  /**
   * Returns its id: unique among the endpoints of a service, and stable while the process lives.
   */
  public String id() {
    return id;
  }

  /** Returns where it listens; the first is the preferred one. */
  public List<Address> addresses() {
    return addresses;
  }

  /** Returns where it runs; empty if unknown. */
  public Optional<String> zone() {
    return Optional.ofNullable(zone);
  }

  /** Returns its share of the calls relative to the others; 100 is ordinary, 0 takes no calls. */
  public int weight() {
    return weight;
  }

  /** Returns the version of the software; empty if unknown. */
  public Optional<String> version() {
    return Optional.ofNullable(version);
  }

  /** Returns free data, for routing or as information. */
  public Map<String, String> tags() {
    return tags;
  }

  /** Returns when the process started; empty if unknown. */
  public Optional<Instant> startedAt() {
    return Optional.ofNullable(startedAt);
  }

  /** Returns whether it said that it is about to leave and wants no new calls. */
  public boolean draining() {
    return draining;
  }

  /** Returns the same endpoint, about to leave. */
  public Endpoint asDraining() {
    return toBuilder().draining(true).build();
  }

  /** Returns the same endpoint with another weight. */
  public Endpoint withWeight(int newWeight) {
    return toBuilder().weight(newWeight).build();
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Endpoint that
        && id.equals(that.id)
        && addresses.equals(that.addresses)
        && Objects.equals(zone, that.zone)
        && weight == that.weight
        && Objects.equals(version, that.version)
        && tags.equals(that.tags)
        && Objects.equals(startedAt, that.startedAt)
        && draining == that.draining;
  }

  @Override
  public int hashCode() {
    return Objects.hash(id, addresses, zone, weight, version, tags, startedAt, draining);
  }

  @Override
  public String toString() {
    return "Endpoint["
        + id
        + " at "
        + addresses
        + (zone == null ? "" : ", zone " + zone)
        + ", weight "
        + weight
        + (version == null ? "" : ", version " + version)
        + (tags.isEmpty() ? "" : ", tags " + new TreeMap<>(tags))
        + (startedAt == null ? "" : ", started at " + startedAt)
        + (draining ? ", draining" : "")
        + "]";
  }

  /** Collects values; {@link #build} checks them. Not safe for use by several threads. */
  public static final class Builder {
    private final String id;
    private List<Address> addresses = List.of();
    private @Nullable String zone;
    private int weight = ORDINARY_WEIGHT;
    private @Nullable String version;
    private Map<String, String> tags = Map.of();
    private @Nullable Instant startedAt;
    private boolean draining;

    private Builder(String id) {
      this.id = Objects.requireNonNull(id, "id");
    }

    /** Listens on these addresses; the first is the preferred one. At least one must be given. */
    public Builder addresses(Address... values) {
      return addresses(List.of(values));
    }

    /** Does the same as {@link #addresses(Address...)}. */
    public Builder addresses(List<Address> values) {
      addresses = List.copyOf(values);
      return this;
    }

    /** Runs in this zone; an empty text is an unknown one. */
    public Builder zone(String value) {
      zone = value.isEmpty() ? null : value;
      return this;
    }

    /** Takes this share of the calls relative to the others; 0 takes no calls. Default: 100. */
    public Builder weight(int value) {
      weight = value;
      return this;
    }

    /** Runs this version of the software; an empty text is an unknown one. */
    public Builder version(String value) {
      version = value.isEmpty() ? null : value;
      return this;
    }

    /** Carries this free data, for routing or as information. */
    public Builder tags(Map<String, String> value) {
      tags = Objects.requireNonNull(value, "tags");
      return this;
    }

    /** States when the process started. */
    public Builder startedAt(Instant value) {
      startedAt = Objects.requireNonNull(value, "startedAt");
      return this;
    }

    /** Sets whether it is about to leave and wants no new calls. */
    public Builder draining(boolean value) {
      draining = value;
      return this;
    }

    /** Returns the checked value. */
    public Endpoint build() {
      return new Endpoint(this);
    }
  }
}
