package io.fairlead.registry.etcd;

import io.fairlead.discovery.Address;
import io.fairlead.discovery.Endpoint;

/** go-zero's layout. Its readers take any text after the slash, so ours is the endpoint's id. */
final class GoZeroCodec implements EndpointCodec {
  private final String root;

  GoZeroCodec(String namespace) {
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
  public String encode(String service, Endpoint endpoint) {
    return endpoint.addresses().get(0).hostAndPort();
  }

  @Override
  public Endpoint decode(String service, String id, String value) {
    Address address = HostAndPort.address(Address.GRPC, value.strip());
    return Endpoint.of(id, address.host(), address.port());
  }

  @Override
  public boolean encodesDraining() {
    return false;
  }
}
