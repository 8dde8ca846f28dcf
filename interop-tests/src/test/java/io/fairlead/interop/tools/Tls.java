package io.fairlead.interop.tools;

import io.fairlead.interop.contract.OurDepot;
import io.fairlead.interop.grpc.Certificates;

/** A server of ours with a certificate. */
final class Tls {
  private Tls() {}

  static OurDepot depot() {
    return OurDepot.start(
        "depot", "java", builder -> builder.tls(Certificates.server(), Certificates.serverKey()));
  }
}
