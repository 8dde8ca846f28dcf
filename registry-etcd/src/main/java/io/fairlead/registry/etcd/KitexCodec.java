package io.fairlead.registry.etcd;

import com.google.gson.JsonObject;
import io.fairlead.discovery.Address;
import io.fairlead.discovery.Endpoint;
import java.util.Map;
import java.util.TreeMap;

/** Kitex' layout. Its ordinary weight is 10 where ours is 100. */
final class KitexCodec implements EndpointCodec {
  private static final int ORDINARY_WEIGHT = 10;
  private static final String DRAINING = "fairlead.draining";
  private static final String ZONE = "zone";
  private static final String VERSION = "version";

  private final String root;

  KitexCodec(String namespace) {
    this.root = namespace + "kitex/registry-etcd/";
  }

  @Override
  public String root() {
    return root;
  }

  @Override
  public String key(String service, Endpoint endpoint) {
    return root + service + "/" + endpoint.addresses().get(0).hostAndPort();
  }

  @Override
  public boolean encodesDraining() {
    return true;
  }

  @Override
  public String encode(String service, Endpoint endpoint) {
    Map<String, String> all = new TreeMap<>(endpoint.tags());
    endpoint.zone().ifPresent(zone -> all.put(ZONE, zone));
    endpoint.version().ifPresent(version -> all.put(VERSION, version));
    if (endpoint.draining()) {
      all.put(DRAINING, "true");
    }
    JsonObject tags = new JsonObject();
    all.forEach(tags::addProperty);
    JsonObject value = new JsonObject();
    value.addProperty("network", "tcp");
    value.addProperty("address", endpoint.addresses().get(0).hostAndPort());
    value.addProperty("weight", toKitex(endpoint.weight()));
    value.add("tags", tags);
    return value.toString();
  }

  @Override
  public Endpoint decode(String service, String id, String value) {
    Json entry = Json.parse(value);
    String network = entry.text("network");
    if (!network.isEmpty() && !network.startsWith("tcp")) {
      throw new MalformedEntryException("network \"" + network + "\" is not tcp");
    }
    Address address = HostAndPort.address(Address.GRPC, entry.text("address"));
    Map<String, String> tags = new TreeMap<>(entry.texts("tags"));
    String zone = tags.getOrDefault(ZONE, "");
    String version = tags.getOrDefault(VERSION, "");
    boolean draining = "true".equals(tags.remove(DRAINING));
    tags.remove(ZONE);
    tags.remove(VERSION);
    return Endpoint.builder(id)
        .addresses(address)
        .zone(zone)
        .weight(fromKitex(entry.number("weight", 0)))
        .version(version)
        .tags(tags)
        .draining(draining)
        .build();
  }

  /** Kitex takes 0 for "not stated", so an endpoint of weight 0 can only ask for the least. */
  private static int toKitex(int weight) {
    return Math.max(1, Math.round(weight * (float) ORDINARY_WEIGHT / Endpoint.ORDINARY_WEIGHT));
  }

  private static int fromKitex(int weight) {
    int stated = weight <= 0 ? ORDINARY_WEIGHT : weight;
    return stated * (Endpoint.ORDINARY_WEIGHT / ORDINARY_WEIGHT);
  }
}
