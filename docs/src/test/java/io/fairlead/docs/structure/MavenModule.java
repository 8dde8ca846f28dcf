package io.fairlead.docs.structure;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * The modules whose classes are looked at. A user of a class that is not in here counts as nobody.
 */
enum MavenModule {
  PROTO("proto", Kind.GENERATED),
  CODEGEN_PLUGIN("codegen-plugin", Kind.TOOL),
  RUNTIME("runtime", Kind.LIBRARY),
  MANAGEMENT("management", Kind.LIBRARY),
  TELEMETRY("telemetry", Kind.LIBRARY),
  TELEMETRY_PROMETHEUS("telemetry-prometheus", Kind.LIBRARY),
  TELEMETRY_OPENTELEMETRY("telemetry-opentelemetry", Kind.LIBRARY),
  TELEMETRY_MICROMETER("telemetry-micrometer", Kind.LIBRARY),
  GATEWAY("gateway", Kind.LIBRARY),
  ADMIN("admin", Kind.LIBRARY),
  CONSOLE("console", Kind.LIBRARY),
  SECURITY_JWT("security-jwt", Kind.LIBRARY),
  SECURITY_POLICY("security-policy", Kind.LIBRARY),
  SECURITY_SPIFFE("security-spiffe", Kind.LIBRARY),
  EXPERIMENTS("experiments", Kind.LIBRARY),
  SCALING("scaling", Kind.LIBRARY),
  REGISTRY_ETCD("registry-etcd", Kind.LIBRARY),
  ETCD_EMBEDDED("etcd-embedded", Kind.LIBRARY),
  STARTER("starter", Kind.LIBRARY),
  CLI("cli", Kind.TOOL),
  TESTKIT("testkit", Kind.LIBRARY),
  JUNIT5("junit5", Kind.LIBRARY),
  /** Its main classes are what the generator writes: the code that every user has. */
  CODEGEN_TESTS("codegen-tests", Kind.USER);

  private enum Kind {
    /** Others compile against it: it has a listing of its API. */
    LIBRARY,
    /** The API is the .proto file; protoc makes the classes from it. */
    GENERATED,
    /** Others run it, and nobody compiles against it. */
    TOOL,
    /** Not published. */
    USER
  }

  private final String folder;
  private final Kind kind;

  MavenModule(String folder, Kind kind) {
    this.folder = folder;
    this.kind = kind;
  }

  String folder() {
    return folder;
  }

  /** The module's own class files, without those of its tests. */
  Path classes() {
    return Path.of("..", folder, "target", "classes");
  }

  boolean published() {
    return kind != Kind.USER;
  }

  /** Those with a listing in docs/api. */
  static List<MavenModule> libraries() {
    return Arrays.stream(values()).filter(each -> each.kind == Kind.LIBRARY).toList();
  }
}
