package io.fairlead.registry.etcd;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.fairlead.discovery.Address;
import io.fairlead.discovery.Endpoint;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * go-kratos' layout. One entry that does not decode makes Kratos drop the whole list, so nothing is
 * written that it does not know; what it has no field for goes into the metadata.
 */
final class KratosCodec implements EndpointCodec {
  private static final String DRAINING = "fairlead.draining";
  private static final String ZONE = "zone";

  /** The name by which Kratos' own balancers know it. */
  private static final String WEIGHT = "weight";

  private final String root;

  KratosCodec(String namespace) {
    this.root = namespace + "/microservices/";
  }

  @Override
  public String root() {
    return root;
  }

  @Override
  public String key(String service, Endpoint endpoint) {
    return root + service + "/" + endpoint.id();
  }

  @Override
  public boolean encodesDraining() {
    return true;
  }

  @Override
  public String encode(String service, Endpoint endpoint) {
    Map<String, String> all = new TreeMap<>(endpoint.tags());
    endpoint.zone().ifPresent(zone -> all.put(ZONE, zone));
    if (endpoint.weight() != Endpoint.ORDINARY_WEIGHT) {
      all.put(WEIGHT, Integer.toString(endpoint.weight()));
    }
    if (endpoint.draining()) {
      all.put(DRAINING, "true");
    }
    JsonObject metadata = new JsonObject();
    all.forEach(metadata::addProperty);
    JsonArray addresses = new JsonArray();
    endpoint.addresses().forEach(address -> addresses.add(uri(address)));
    JsonObject value = new JsonObject();
    value.addProperty("id", endpoint.id());
    value.addProperty("name", service);
    value.addProperty("version", endpoint.version().orElse(""));
    value.add("metadata", metadata);
    value.add("endpoints", addresses);
    return value.toString();
  }

  private static String uri(Address address) {
    boolean secure = address.protocol().equals(Address.GRPCS);
    String scheme = secure ? Address.GRPC : address.protocol();
    return scheme + "://" + address.hostAndPort() + "?isSecure=" + secure;
  }

  @Override
  public Endpoint decode(String service, String id, String value) {
    Json entry = Json.parse(value);
    String name = entry.text("name");
    if (!name.equals(service)) {
      throw new MalformedEntryException("it names the service \"" + name + "\"");
    }
    Map<String, String> tags = new TreeMap<>(entry.texts("metadata"));
    String zone = tags.getOrDefault(ZONE, "");
    boolean draining = "true".equals(tags.remove(DRAINING));
    String weight = tags.getOrDefault(WEIGHT, "");
    tags.remove(ZONE);
    tags.remove(WEIGHT);
    return Endpoint.builder(id)
        .addresses(addresses(entry.get("endpoints")))
        .zone(zone)
        .weight(weight(weight))
        .version(entry.text("version"))
        .tags(tags)
        .draining(draining)
        .build();
  }

  private static int weight(String text) {
    try {
      return text.isEmpty() ? Endpoint.ORDINARY_WEIGHT : Math.max(0, Integer.parseInt(text));
    } catch (NumberFormatException e) {
      throw new MalformedEntryException("weight \"" + text + "\" is not a whole number");
    }
  }

  /** gRPC first: Kratos lists its HTTP address before or after it, as it likes. */
  private static List<Address> addresses(@org.jspecify.annotations.Nullable JsonElement listed) {
    List<Address> grpc = new ArrayList<>();
    List<Address> others = new ArrayList<>();
    if (listed != null && listed.isJsonArray()) {
      for (JsonElement element : listed.getAsJsonArray()) {
        Address address = address(element.isJsonPrimitive() ? element.getAsString() : "");
        (address.protocol().startsWith(Address.GRPC) ? grpc : others).add(address);
      }
    }
    grpc.addAll(others);
    if (grpc.isEmpty()) {
      throw new MalformedEntryException("it has no endpoints");
    }
    return grpc;
  }

  private static Address address(String text) {
    int scheme = text.indexOf("://");
    if (scheme <= 0) {
      throw new MalformedEntryException("\"" + text + "\" is not protocol://host:port");
    }
    int query = text.indexOf('?');
    String host = text.substring(scheme + 3, query < 0 ? text.length() : query);
    boolean secure = text.indexOf("isSecure=true", Math.max(0, query)) >= 0;
    String protocol = text.substring(0, scheme);
    boolean grpcs = secure && protocol.equals(Address.GRPC);
    return HostAndPort.address(grpcs ? Address.GRPCS : protocol, host);
  }
}
