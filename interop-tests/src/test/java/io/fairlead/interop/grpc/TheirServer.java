package io.fairlead.interop.grpc;

import io.fairlead.interop.peer.Peer;
import io.fairlead.interop.peer.Peers;
import io.fairlead.interop.peer.Ports;
import io.fairlead.interop.peer.Program;
import java.util.ArrayList;
import java.util.List;

/** A running server of others, with {@code grpc.testing.TestService}. */
record TheirServer(Program program, int port) implements AutoCloseable {
  static TheirServer grpcGo(Security security) {
    return onFreePort(
        Peers.go("go-interop", "google.golang.org/grpc/interop/server"),
        security == Security.TLS
            ? List.of(
                "--use_tls=true",
                "--tls_cert_file=" + Certificates.server(),
                "--tls_key_file=" + Certificates.serverKey())
            : List.of());
  }

  /** It brings the certificate itself. */
  static TheirServer grpcJava(Security security) {
    return onFreePort(
        Peers.java("io.grpc.testing.integration.TestServiceServer"),
        List.of("--use_tls=" + (security == Security.TLS)));
  }

  /** One that we wrote on a stock library: it takes any port and says which. */
  static TheirServer onLibrary(Peer peer, Security security) {
    Program program =
        security == Security.TLS
            ? peer.start(Certificates.server().toString(), Certificates.serverKey().toString())
            : peer.start();
    return new TheirServer(program, program.port());
  }

  private static TheirServer onFreePort(Peer peer, List<String> more) {
    int port = Ports.free();
    List<String> arguments = new ArrayList<>(List.of("--port=" + port));
    arguments.addAll(more);
    Program program = peer.start(arguments.toArray(new String[0]));
    Ports.awaitAccepting(port, program);
    return new TheirServer(program, port);
  }

  @Override
  public void close() {
    program.close();
  }
}
