package io.fairlead.interop.report;

/** The parts of the report, in its order. */
public enum Area {
  /** What every implementation of gRPC runs against every other one. */
  GRPC_CASES(
      "gRPC's own interop cases",
      "The contract is `grpc.testing.TestService`, from the libraries' own packages."),
  /** A contract with our options. */
  CONTRACT(
      "One contract in six languages",
      "A contract with our options, through the ordinary generator of each language."),
  /** What our plugin writes for clients of others. */
  SERVICE_CONFIG(
      "The service config that our plugin writes",
      "Stock clients read it, and retry and give up as the contract says."),
  /** Finding each other. */
  REGISTRY(
      "The registry", "Others find our instances, and we find theirs, in one etcd that is real."),
  /** Command lines and probes. */
  TOOLS("Tools", "What operators have at hand, against a server of ours."),
  /** Frames that a well-behaved peer never sends. */
  HTTP2("The edge of HTTP/2", "Peers that end, reset and limit in the middle of a call.");

  private final String title;
  private final String about;

  Area(String title, String about) {
    this.title = title;
    this.about = about;
  }

  String title() {
    return title;
  }

  String about() {
    return about;
  }
}
