package io.fairlead.discovery;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * One running instance of a service, as a registry describes it.
 *
 * @param id unique among the endpoints of a service, and stable while the process lives
 * @param addresses where it listens; the first is the preferred one
 * @param zone where it runs, or empty if unknown
 * @param weight its share of the calls relative to the others; 100 is ordinary, 0 takes no calls
 * @param version of the software, or empty if unknown
 * @param tags free data for routing and for people
 * @param startedAt when the process started, or {@link Instant#EPOCH} if unknown
 * @param draining whether it said that it is about to leave and wants no new calls
 */
public record Endpoint(
    String id,
    List<Address> addresses,
    String zone,
    int weight,
    String version,
    Map<String, String> tags,
    Instant startedAt,
    boolean draining) {
  /** The weight of an endpoint that states none. */
  public static final int ORDINARY_WEIGHT = 100;

  public Endpoint {
    Objects.requireNonNull(id, "id");
    addresses = List.copyOf(addresses);
    Objects.requireNonNull(zone, "zone");
    Objects.requireNonNull(version, "version");
    tags = Map.copyOf(tags);
    Objects.requireNonNull(startedAt, "startedAt");
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

  /** An endpoint with one plain gRPC address and nothing else stated. */
  public static Endpoint of(String id, String host, int port) {
    return new Endpoint(
        id,
        List.of(Address.grpc(host, port)),
        "",
        ORDINARY_WEIGHT,
        "",
        Map.of(),
        Instant.EPOCH,
        false);
  }

  /** The same endpoint, about to leave. */
  public Endpoint asDraining() {
    return new Endpoint(id, addresses, zone, weight, version, tags, startedAt, true);
  }

  /** The same endpoint with another weight. */
  public Endpoint withWeight(int newWeight) {
    return new Endpoint(id, addresses, zone, newWeight, version, tags, startedAt, draining);
  }
}
