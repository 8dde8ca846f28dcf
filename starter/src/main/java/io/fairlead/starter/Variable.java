package io.fairlead.starter;

import java.util.Arrays;
import java.util.List;

/** The variables of the environment, as docs/settings.md lists them. */
enum Variable {
  HOST("the address to listen on"),
  PORT("the port to listen on; 0 takes any free one"),
  // The runtime reads it itself, as a server without these settings has it too.
  ADVERTISE("how clients reach the server: host:port, or host with the port it listens on"),
  REGISTRY("the registry, such as etcd://10.0.0.9:2379?tls=true"),
  ID("the id of the instance in the registry"),
  VERSION("the version of the software"),
  ZONE("where the instance runs"),
  WEIGHT("its share of the calls; 100 is ordinary"),
  TLS_CERTIFICATE("the certificate that it shows, in PEM; with FAIRLEAD_TLS_KEY"),
  TLS_KEY("the private key of the certificate, in PEM (PKCS#8)"),
  TLS_TRUST("the authorities of the other side's certificates, in PEM"),
  MANAGEMENT_HOST("the address of the management server"),
  MANAGEMENT_PORT("the port of the management server; none without it"),
  MANAGEMENT_TOKEN("the bearer token of the management server"),
  ACCESS_LOG("the file of the access log; none without it");

  static final String PREFIX = "FAIRLEAD_";

  /** Those of the command and of the build: an environment that has them is not wrong. */
  static final List<String> OF_OTHERS =
      List.of(
          "FAIRLEAD_CACHE",
          "FAIRLEAD_JAR",
          "FAIRLEAD_JAVA_OPTS",
          "FAIRLEAD_REGISTRY_PASSWORD",
          "FAIRLEAD_REQUIRE",
          "FAIRLEAD_TOKEN");

  private final String meaning;

  Variable(String meaning) {
    this.meaning = meaning;
  }

  /** Its name in the environment. */
  String key() {
    return PREFIX + name();
  }

  String meaning() {
    return meaning;
  }

  static List<String> keys() {
    return Arrays.stream(values()).map(Variable::key).toList();
  }
}
