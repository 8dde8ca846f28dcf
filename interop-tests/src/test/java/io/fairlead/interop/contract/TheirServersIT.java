package io.fairlead.interop.contract;

import io.fairlead.interop.peer.Program;
import io.fairlead.interop.report.Area;
import io.fairlead.interop.report.Cases;
import io.fairlead.interop.report.Direction;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** A client of ours calls servers in other languages. */
class TheirServersIT {
  @TestFactory
  Stream<DynamicTest> go() {
    return servers(Language.GO);
  }

  @TestFactory
  Stream<DynamicTest> python() {
    return servers(Language.PYTHON);
  }

  @TestFactory
  Stream<DynamicTest> node() {
    return servers(Language.NODE);
  }

  @TestFactory
  Stream<DynamicTest> rust() {
    return servers(Language.RUST);
  }

  @TestFactory
  Stream<DynamicTest> cpp() {
    return servers(Language.CPP);
  }

  private static Stream<DynamicTest> servers(Language language) {
    Cases cases = Cases.of(Area.CONTRACT, language.title(), Direction.OUR_CLIENT);
    Supplier<Program> server = cases.shared(language::server);
    Supplier<DepotCaller> caller =
        cases.shared(() -> DepotCaller.to("127.0.0.1:" + server.get().port()));
    cases.test("unary", () -> caller.get().unary());
    cases.test("server_streaming", () -> caller.get().serverStreaming());
    cases.test("client_streaming", () -> caller.get().clientStreaming());
    cases.test("bidi_streaming", () -> caller.get().bidiStreaming());
    cases.test("empty_streams", () -> caller.get().emptyStreams());
    cases.test("text_metadata", () -> caller.get().textMetadata());
    cases.test("binary_metadata", () -> caller.get().binaryMetadata());
    if (language == Language.RUST) {
      cases.notApplicable("trailers", "a server on tonic cannot send trailers beside OK");
    } else {
      cases.test("trailers", () -> caller.get().trailers());
    }
    cases.test("error_details", () -> caller.get().errorDetails());
    cases.test("stream_error", () -> caller.get().streamError());
    cases.test("deadline_seen", () -> caller.get().deadlineSeen());
    cases.test("deadline_expires", () -> caller.get().deadlineExpires());
    cases.test("cancellation", () -> caller.get().cancellation());
    cases.test("compression", () -> caller.get().compression());
    if (language == Language.NODE) {
      cases.notApplicable("compressed_reply", "a server on grpc-js does not compress");
    } else {
      cases.test("compressed_reply", () -> caller.get().compressedReply());
    }
    cases.test("large_messages", () -> caller.get().largeMessages());
    cases.test("deadline_three_hops", () -> threeHops(language, caller.get()));
    cases.test("contract_retry", () -> caller.get().contractRetry());
    cases.test("contract_deadline", () -> caller.get().contractDeadline());
    return cases.tests();
  }

  /** Go passes on, so there it is Go, Java, Python; the others are the last of Java, Java, X. */
  private static void threeHops(Language language, DepotCaller caller) {
    try (OurDepot ours = OurDepot.start("java")) {
      if (language == Language.GO) {
        try (Program python = Language.PYTHON.server();
            DepotCaller last = DepotCaller.to("127.0.0.1:" + python.port())) {
          caller.threeHops(List.of(ours.address(), last.target()), last);
        }
      } else {
        try (DepotCaller first = DepotCaller.to(ours.address())) {
          first.threeHops(List.of(caller.target()), caller);
        }
      }
    }
  }
}
