package io.fairlead.interop.grpc;

import io.fairlead.interop.peer.Peer;
import io.fairlead.interop.peer.Peers;
import io.fairlead.interop.report.Area;
import io.fairlead.interop.report.Cases;
import io.fairlead.interop.report.Direction;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The interop clients of others against a server whose service our plugin made. */
class TheirClientsIT {
  /** Those that ask the server which messages were compressed. */
  private static final Set<InteropCase> COMPRESSION =
      EnumSet.of(
          InteropCase.CLIENT_COMPRESSED_UNARY,
          InteropCase.SERVER_COMPRESSED_UNARY,
          InteropCase.CLIENT_COMPRESSED_STREAMING,
          InteropCase.SERVER_COMPRESSED_STREAMING);

  private static final List<String> AUTHORITY = List.of("--ca_file=" + Certificates.authority());

  @TestFactory
  Stream<DynamicTest> grpcGo() {
    return grpcGo(Security.PLAINTEXT);
  }

  @TestFactory
  Stream<DynamicTest> grpcGoOverTls() {
    return grpcGo(Security.TLS);
  }

  private static Stream<DynamicTest> grpcGo(Security security) {
    String no = "the interop client of grpc-go has no such case";
    Map<InteropCase, String> not = NotApplicable.toAnyPeer(security);
    COMPRESSION.forEach(each -> not.put(each, no));
    not.put(InteropCase.VERY_LARGE_REQUEST, no);
    return cases(
        "grpc-go",
        security,
        () -> Peers.go("go-interop", "google.golang.org/grpc/interop/client"),
        AUTHORITY,
        Tokens::keyArguments,
        not);
  }

  @TestFactory
  Stream<DynamicTest> grpcJava() {
    return grpcJava(Security.PLAINTEXT);
  }

  @TestFactory
  Stream<DynamicTest> grpcJavaOverTls() {
    return grpcJava(Security.TLS);
  }

  private static Stream<DynamicTest> grpcJava(Security security) {
    return cases(
        "grpc-java",
        security,
        () -> Peers.java("io.grpc.testing.integration.TestServiceClient"),
        // It brings the authority itself.
        List.of(),
        Tokens::keyArguments,
        NotApplicable.toAnyPeer(security));
  }

  @TestFactory
  Stream<DynamicTest> grpcio() {
    return grpcio(Security.PLAINTEXT);
  }

  @TestFactory
  Stream<DynamicTest> grpcioOverTls() {
    return grpcio(Security.TLS);
  }

  private static Stream<DynamicTest> grpcio(Security security) {
    Map<InteropCase, String> not = NotApplicable.toLibraries(security);
    not.put(
        InteropCase.CLIENT_COMPRESSED_STREAMING,
        "a client of grpcio compresses each message of a stream or none");
    return library("grpcio", security, () -> Peers.python("interop_client.py"), not);
  }

  @TestFactory
  Stream<DynamicTest> grpcJs() {
    return grpcJs(Security.PLAINTEXT);
  }

  @TestFactory
  Stream<DynamicTest> grpcJsOverTls() {
    return grpcJs(Security.TLS);
  }

  private static Stream<DynamicTest> grpcJs(Security security) {
    Map<InteropCase, String> not = NotApplicable.toLibraries(security);
    not.put(
        InteropCase.CLIENT_COMPRESSED_STREAMING,
        "a client of grpc-js compresses all that a channel sends or nothing");
    return library("grpc-js", security, () -> Peers.node("interop_client.js"), not);
  }

  @TestFactory
  Stream<DynamicTest> tonic() {
    return tonic(Security.PLAINTEXT);
  }

  @TestFactory
  Stream<DynamicTest> tonicOverTls() {
    return tonic(Security.TLS);
  }

  private static Stream<DynamicTest> tonic(Security security) {
    Map<InteropCase, String> not = NotApplicable.toLibraries(security);
    not.put(
        InteropCase.CLIENT_COMPRESSED_STREAMING,
        "a client of tonic compresses each message of a stream or none");
    return library("tonic", security, () -> Peers.rust("interop_client"), not);
  }

  /** A program of ours on a stock library. */
  private static Stream<DynamicTest> library(
      String name, Security security, Supplier<Peer> client, Map<InteropCase, String> not) {
    return cases(name, security, client, AUTHORITY, Tokens::tokenArguments, not);
  }

  private static Stream<DynamicTest> cases(
      String name,
      Security security,
      Supplier<Peer> client,
      List<String> more,
      Function<Tokens, List<String>> credentials,
      Map<InteropCase, String> notApplicable) {
    Cases cases = Cases.of(Area.GRPC_CASES, security.of(name), Direction.THEIR_CLIENT);
    Supplier<OurServer> server = cases.shared(() -> OurServer.start(security));
    Supplier<OurServer> watchful = cases.shared(() -> OurServer.startWatchful(security));
    Supplier<Tokens> tokens = cases.shared(Tokens::open);
    Supplier<OurServer> guarded =
        cases.shared(() -> OurServer.startGuarded(security, tokens.get()));
    for (InteropCase each : InteropCase.values()) {
      String reason = notApplicable.get(each);
      if (reason != null) {
        cases.notApplicable(each.id(), reason);
      } else if (InteropCase.WITH_TOKENS.contains(each)) {
        cases.test(
            each.id(),
            () -> {
              String[] arguments = arguments(each, security, guarded.get().port(), more);
              client.get().with(arguments).runWell(strings(credentials.apply(tokens.get())));
            });
      } else {
        Supplier<OurServer> asked = COMPRESSION.contains(each) ? watchful : server;
        cases.test(
            each.id(),
            () -> client.get().runWell(arguments(each, security, asked.get().port(), more)));
      }
    }
    return cases.tests();
  }

  /** What all of gRPC's interop clients understand. */
  private static String[] arguments(
      InteropCase each, Security security, String port, List<String> more) {
    List<String> arguments = new ArrayList<>();
    arguments.add("--server_host=127.0.0.1");
    arguments.add("--server_port=" + port);
    arguments.add("--test_case=" + each.id());
    arguments.addAll(each.arguments());
    arguments.add("--use_tls=" + (security == Security.TLS));
    if (security == Security.TLS) {
      arguments.add("--use_test_ca=true");
      arguments.add("--server_host_override=" + Certificates.HOST);
    }
    arguments.addAll(more);
    return strings(arguments);
  }

  private static String[] strings(List<String> list) {
    return list.toArray(new String[0]);
  }
}
