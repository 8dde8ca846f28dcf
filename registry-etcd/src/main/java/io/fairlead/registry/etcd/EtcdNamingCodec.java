package io.fairlead.registry.etcd;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import io.fairlead.discovery.Address;
import io.fairlead.discovery.Endpoint;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/**
 * etcd's own naming format. Our data stands in one extra field: an object in {@code Metadata} would
 * crash stock Go clients, while fields that they do not know are ignored.
 */
final class EtcdNamingCodec implements EndpointCodec {
  private static final String OURS = "fairlead";

  private final String root;

  EtcdNamingCodec(String namespace) {
    this.root = namespace;
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
    JsonObject value = new JsonObject();
    value.addProperty("Op", 0);
    value.addProperty("Addr", endpoint.addresses().get(0).hostAndPort());
    value.add("Metadata", JsonNull.INSTANCE);
    value.add(OURS, ours(endpoint));
    return value.toString();
  }

  private static JsonObject ours(Endpoint endpoint) {
    JsonObject ours = new JsonObject();
    JsonArray addresses = new JsonArray();
    endpoint.addresses().forEach(address -> addresses.add(address.toString()));
    ours.add("addresses", addresses);
    endpoint.zone().ifPresent(zone -> ours.addProperty("zone", zone));
    ours.addProperty("weight", endpoint.weight());
    endpoint.version().ifPresent(version -> ours.addProperty("version", version));
    if (!endpoint.tags().isEmpty()) {
      JsonObject tags = new JsonObject();
      new TreeMap<>(endpoint.tags()).forEach(tags::addProperty);
      ours.add("tags", tags);
    }
    endpoint.startedAt().ifPresent(time -> ours.addProperty("startedAt", time.toString()));
    if (endpoint.draining()) {
      ours.addProperty("draining", true);
    }
    return ours;
  }

  @Override
  public Endpoint decode(String service, String id, String value) {
    Json entry = Json.parse(value);
    Address address = HostAndPort.address(Address.GRPC, entry.text("Addr"));
    JsonElement extra = entry.get(OURS);
    if (extra == null || !extra.isJsonObject()) {
      return Endpoint.of(id, address.host(), address.port());
    }
    Json ours = Json.of(extra.getAsJsonObject());
    Endpoint.Builder endpoint =
        Endpoint.builder(id)
            .addresses(addresses(ours, address))
            .zone(ours.text("zone"))
            .weight(Math.max(0, ours.number("weight", Endpoint.ORDINARY_WEIGHT)))
            .version(ours.text("version"))
            .tags(ours.texts("tags"))
            .draining(ours.flag("draining"));
    String startedAt = ours.text("startedAt");
    return startedAt.isEmpty()
        ? endpoint.build()
        : endpoint.startedAt(startedAt(startedAt)).build();
  }

  private static List<Address> addresses(Json ours, Address otherwise) {
    JsonElement listed = ours.get("addresses");
    if (listed == null || !listed.isJsonArray() || listed.getAsJsonArray().isEmpty()) {
      return List.of(otherwise);
    }
    List<Address> addresses = new ArrayList<>();
    for (JsonElement element : listed.getAsJsonArray()) {
      String text = element.isJsonPrimitive() ? element.getAsString() : element.toString();
      int scheme = text.indexOf("://");
      if (scheme <= 0) {
        throw new MalformedEntryException("\"" + text + "\" is not protocol://host:port");
      }
      addresses.add(HostAndPort.address(text.substring(0, scheme), text.substring(scheme + 3)));
    }
    return addresses;
  }

  private static Instant startedAt(String text) {
    try {
      return Instant.parse(text);
    } catch (DateTimeException e) {
      throw new MalformedEntryException("startedAt \"" + text + "\" is not a time");
    }
  }
}
