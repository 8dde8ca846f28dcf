package io.fairlead.interop.contract;

import io.fairlead.client.RpcChannel;
import io.fairlead.interop.depot.DepotRpc;
import io.fairlead.lifecycle.BuiltInService;
import io.fairlead.server.RpcServer;
import java.util.function.UnaryOperator;

/** A server of ours for the contract, on a free port of the loopback interface. */
public final class OurDepot implements AutoCloseable {
  private final DepotService service;
  private final RpcServer server;

  private OurDepot(
      String announced,
      String name,
      UnaryOperator<RpcServer.Builder> more,
      UnaryOperator<RpcChannel.Builder> forward) {
    this.service = new DepotService(name, forward);
    this.server =
        more.apply(
                RpcServer.builder(announced)
                    .host("127.0.0.1")
                    .builtInServices(BuiltInService.values())
                    .service(DepotRpc.bind(service)))
            .start();
  }

  /** One that calls itself so in its replies. */
  public static OurDepot start(String name) {
    return start("depot", name, builder -> builder);
  }

  /**
   * One with more settings than that.
   *
   * @param announced the name for a registry
   */
  public static OurDepot start(
      String announced, String name, UnaryOperator<RpcServer.Builder> more) {
    return start(announced, name, more, forward -> forward);
  }

  /**
   * One with more settings, also of the channels that it forwards over.
   *
   * @param announced the name for a registry
   */
  public static OurDepot start(
      String announced,
      String name,
      UnaryOperator<RpcServer.Builder> more,
      UnaryOperator<RpcChannel.Builder> forward) {
    return new OurDepot(announced, name, more, forward);
  }

  public int port() {
    return server.port();
  }

  public String address() {
    return "127.0.0.1:" + port();
  }

  @Override
  public void close() {
    server.close();
    service.close();
  }
}
