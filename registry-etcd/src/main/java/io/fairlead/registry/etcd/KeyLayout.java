package io.fairlead.registry.etcd;

/** How endpoints are laid out in etcd: which keys, which values. Readers and writers must agree. */
public enum KeyLayout {
  /**
   * etcd's own naming format, which stock Go {@code etcd:///} resolvers read: {@code
   * <service>/<id>} to {@code {"Op":0,"Addr":"host:port","Metadata":null,"fairlead":{…}}}. The one
   * to take unless others dictate another.
   */
  ETCD_NAMING,

  /** go-kratos: {@code /microservices/<service>/<id>} to its service instance in JSON. */
  KRATOS,

  /** go-zero: {@code <service>/<id>} to the bare {@code host:port}; nothing else can be said. */
  GO_ZERO,

  /** Kitex: {@code kitex/registry-etcd/<service>/<host:port>} to its instance info in JSON. */
  KITEX
}
