package io.fairlead.interop.http2;

import io.fairlead.interop.peer.Peer;
import io.fairlead.interop.peer.Peers;
import io.fairlead.interop.report.Area;
import io.fairlead.interop.report.Cases;
import io.fairlead.interop.report.Direction;
import io.fairlead.server.RpcServer;
import io.grpc.testing.integration.EmptyProtos.Empty;
import io.grpc.testing.integration.TestService;
import io.grpc.testing.integration.TestServiceRpc;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * h2spec's generic cases against our server. The list of cases is committed, so that none can go
 * missing; a gRPC endpoint needs no exception from it.
 */
class H2SpecIT {
  @TestFactory
  Stream<DynamicTest> h2spec() throws IOException {
    Cases cases = Cases.of(Area.HTTP2, "h2spec", Direction.THEIR_CLIENT);
    Supplier<H2SpecRun> run = cases.shared(H2SpecIT::run);
    for (String name : names()) {
      cases.test(name, () -> run.get().assertPassed(name));
    }
    cases.test("no case that the list does not have", () -> run.get().assertOnly(names()));
    return cases.tests();
  }

  private static List<String> names() throws IOException {
    try (var in = H2SpecIT.class.getResourceAsStream("h2spec-cases.txt")) {
      if (in == null) {
        throw new IOException("h2spec-cases.txt is not beside " + H2SpecIT.class);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    }
  }

  private static H2SpecRun run() {
    Peer h2spec = Peers.go("go-h2spec", "github.com/summerwind/h2spec/cmd/h2spec");
    Path report = Path.of("target", "h2spec.xml").toAbsolutePath();
    try (RpcServer server =
        RpcServer.builder("h2spec")
            .host("127.0.0.1")
            .service(TestServiceRpc.bind(new Echo()))
            .start()) {
      Files.deleteIfExists(report);
      // Its exit code only says that some case failed, which the report says better.
      h2spec.run(
          "generic",
          "--port=" + server.port(),
          "--host=127.0.0.1",
          "--timeout=10",
          "--path=/grpc.testing.TestService/EmptyCall",
          "--junit-report=" + report);
      return H2SpecRun.read(report);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static final class Echo implements TestService {
    @Override
    public Empty emptyCall(Empty request) {
      return request;
    }
  }
}
