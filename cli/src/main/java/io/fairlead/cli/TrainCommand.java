package io.fairlead.cli;

import io.fairlead.admin.AdminService;
import io.fairlead.discovery.Address;
import io.fairlead.discovery.Endpoint;
import io.fairlead.etcd.embedded.EmbeddedEtcd;
import io.fairlead.registry.etcd.EtcdRegistry;
import io.fairlead.security.Authorizer;
import io.fairlead.security.Caller;
import io.fairlead.server.RpcServer;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/**
 * Uses what commands need, once and inside this process, so that the start script gets an archive
 * of the classes that later starts find there.
 */
@Command(name = "train", hidden = true, description = "Loads what commands need.")
final class TrainCommand implements Callable<Integer> {
  @Override
  public Integer call() {
    Terminal quiet =
        new Terminal(
            InputStream.nullInputStream(),
            new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8),
            new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8),
            name -> null,
            InstantSource.system(),
            false);
    try (EmbeddedEtcd etcd = EmbeddedEtcd.builder().port(0).start();
        EtcdRegistry registry = EtcdRegistry.connect(etcd.endpoint());
        RpcServer server =
            RpcServer.builder("train")
                .host("127.0.0.1")
                .service(AdminService.create())
                .authorizer(
                    Authorizer.byScopes(
                        request -> new Caller("train", Set.of("fairlead.admin.read"))))
                .start()) {
      registry.register(
          "train",
          Endpoint.builder("a").addresses(Address.grpc("127.0.0.1", server.port())).build());
      String url = "etcd://" + etcd.address();
      Main.run(quiet, "--help");
      Main.run(quiet, "ls", "--registry", url);
      Main.run(quiet, "ls", "train", "--json", "--registry", url);
      Main.run(quiet, "call", "train", "--registry", url);
      Main.run(quiet, "policy", "get", "a", "--registry", url);
      Main.run(quiet, "lss");
    }
    return ExitCode.OK;
  }
}
