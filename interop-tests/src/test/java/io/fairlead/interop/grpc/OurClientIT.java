package io.fairlead.interop.grpc;

import io.fairlead.interop.peer.Peers;
import io.fairlead.interop.report.Area;
import io.fairlead.interop.report.Cases;
import io.fairlead.interop.report.Direction;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.function.Executable;

/** A client that our plugin made against the interop servers of others. */
class OurClientIT {
  private static final String READS_NO_TOKENS =
      "of gRPC's own servers only the one in Google's cloud says whose token it was shown";

  private static final String FOUR_MIB = "its server takes requests of at most 4 MiB";

  @TestFactory
  Stream<DynamicTest> grpcGo() {
    return grpcGo(Security.PLAINTEXT);
  }

  @TestFactory
  Stream<DynamicTest> grpcGoOverTls() {
    return grpcGo(Security.TLS);
  }

  private static Stream<DynamicTest> grpcGo(Security security) {
    Map<InteropCase, String> not = NotApplicable.toAnyPeer(security);
    not.put(InteropCase.CLIENT_COMPRESSED_UNARY, "the interop server of grpc-go knows no gzip");
    not.put(InteropCase.CLIENT_COMPRESSED_STREAMING, "the interop server of grpc-go knows no gzip");
    not.put(InteropCase.SERVER_COMPRESSED_UNARY, "the interop server of grpc-go never compresses");
    not.put(
        InteropCase.SERVER_COMPRESSED_STREAMING, "the interop server of grpc-go never compresses");
    not.put(InteropCase.PICK_FIRST_UNARY, "the interop server of grpc-go does not say its id");
    not.put(InteropCase.VERY_LARGE_REQUEST, FOUR_MIB);
    InteropCase.WITH_TOKENS.forEach(each -> not.putIfAbsent(each, READS_NO_TOKENS));
    return cases("grpc-go", security, TheirServer::grpcGo, not);
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
    Map<InteropCase, String> not = NotApplicable.toAnyPeer(security);
    not.put(InteropCase.PICK_FIRST_UNARY, "the interop server of grpc-java does not say its id");
    not.put(
        InteropCase.SERVER_COMPRESSED_STREAMING,
        "the interop server of grpc-java compresses no stream");
    InteropCase.WITH_TOKENS.forEach(each -> not.putIfAbsent(each, READS_NO_TOKENS));
    return cases("grpc-java", security, TheirServer::grpcJava, not);
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
    return cases(
        "grpcio",
        security,
        each -> TheirServer.onLibrary(Peers.python("interop_server.py"), each),
        NotApplicable.toLibraries(security));
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
    not.put(InteropCase.SERVER_COMPRESSED_UNARY, "a server of grpc-js cannot choose to compress");
    not.put(
        InteropCase.SERVER_COMPRESSED_STREAMING, "a server of grpc-js cannot choose to compress");
    return cases(
        "grpc-js",
        security,
        each -> TheirServer.onLibrary(Peers.node("interop_server.js"), each),
        not);
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
        InteropCase.SERVER_COMPRESSED_STREAMING,
        "a server of tonic compresses each message of a stream or none");
    not.put(
        InteropCase.CUSTOM_METADATA, "a server of tonic cannot send trailers with a good answer");
    return cases(
        "tonic", security, each -> TheirServer.onLibrary(Peers.rust("interop_server"), each), not);
  }

  private static Stream<DynamicTest> cases(
      String peer,
      Security security,
      Function<Security, TheirServer> starter,
      Map<InteropCase, String> notApplicable) {
    Cases cases = Cases.of(Area.GRPC_CASES, security.of(peer), Direction.OUR_CLIENT);
    Supplier<TheirServer> server = cases.shared(() -> starter.apply(security));
    Supplier<OurClient> client =
        cases.shared(() -> OurClient.connect(server.get().port(), security));
    for (InteropCase each : InteropCase.values()) {
      String reason = notApplicable.get(each);
      if (reason != null) {
        cases.notApplicable(each.id(), reason);
      } else if (each == InteropCase.CHANNEL_SOAK) {
        cases.test(each.id(), () -> channelSoak(server.get(), security));
      } else if (each == InteropCase.OAUTH2_AUTH_TOKEN) {
        cases.test(each.id(), () -> CredentialCases.onTheChannel(server.get().port(), security));
      } else {
        cases.test(each.id(), () -> body(each, client.get()).execute());
      }
    }
    return cases.tests();
  }

  private static void channelSoak(TheirServer server, Security security) {
    for (int i = 0; i < 10; i++) {
      try (OurClient fresh = OurClient.connect(server.port(), security)) {
        new ClientCases(fresh).largeUnary();
      }
    }
  }

  private static Executable body(InteropCase each, OurClient client) {
    ClientCases cases = new ClientCases(client);
    CompressionCases compression = new CompressionCases(client);
    LoadCases load = new LoadCases(client);
    return switch (each) {
      case EMPTY_UNARY -> cases::emptyUnary;
      case LARGE_UNARY -> cases::largeUnary;
      case CLIENT_COMPRESSED_UNARY -> compression::clientCompressedUnary;
      case SERVER_COMPRESSED_UNARY -> compression::serverCompressedUnary;
      case CLIENT_STREAMING -> cases::clientStreaming;
      case CLIENT_COMPRESSED_STREAMING -> compression::clientCompressedStreaming;
      case SERVER_STREAMING -> cases::serverStreaming;
      case SERVER_COMPRESSED_STREAMING -> compression::serverCompressedStreaming;
      case PING_PONG -> cases::pingPong;
      case EMPTY_STREAM -> cases::emptyStream;
      case CUSTOM_METADATA -> cases::customMetadata;
      case STATUS_CODE_AND_MESSAGE -> cases::statusCodeAndMessage;
      case SPECIAL_STATUS_MESSAGE -> cases::specialStatusMessage;
      case UNIMPLEMENTED_METHOD -> cases::unimplementedMethod;
      case UNIMPLEMENTED_SERVICE -> cases::unimplementedService;
      case CANCEL_AFTER_BEGIN -> cases::cancelAfterBegin;
      case CANCEL_AFTER_FIRST_RESPONSE -> cases::cancelAfterFirstResponse;
      case TIMEOUT_ON_SLEEPING_SERVER -> cases::timeoutOnSleepingServer;
      case VERY_LARGE_REQUEST -> cases::veryLargeRequest;
      case PICK_FIRST_UNARY -> cases::pickFirstUnary;
      case RPC_SOAK -> cases::soak;
      case ORCA_PER_RPC -> load::perCall;
      case ORCA_OOB -> load::outOfBand;
      case PER_RPC_CREDS -> () -> CredentialCases.onTheCall(client);
      case CHANNEL_SOAK,
          OAUTH2_AUTH_TOKEN,
          JWT_TOKEN_CREDS,
          CACHEABLE_UNARY,
          COMPUTE_ENGINE_CREDS,
          COMPUTE_ENGINE_CHANNEL_CREDENTIALS,
          GOOGLE_DEFAULT_CREDENTIALS,
          MAX_CONCURRENT_STREAMS_CONNECTION_SCALING ->
          throw new IllegalArgumentException(each + " is not played on one channel");
    };
  }
}
