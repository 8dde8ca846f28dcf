package io.fairlead.docs;

import io.fairlead.client.RpcChannel;
import io.fairlead.server.RpcServer;
import io.grpc.ServerServiceDefinition;
import java.util.function.UnaryOperator;
import shop.v1.Inventory;
import shop.v1.InventoryRpc;
import shop.v1.Reservation;
import shop.v1.ReserveRequest;

/** Makes mistakes, and keeps what is said of them. */
final class Trials {
  private static final ReserveRequest REQUEST =
      ReserveRequest.newBuilder().setSku("kettle").setQuantity(1).build();

  private Trials() {}

  /** Something that is expected to fail. */
  interface Attempt {
    Object make() throws Exception;
  }

  /** What the failure says. */
  static String failure(Attempt attempt) throws Exception {
    Object made;
    try {
      made = attempt.make();
    } catch (RuntimeException e) {
      return String.valueOf(e.getMessage());
    }
    if (made instanceof AutoCloseable opened) {
      opened.close();
    }
    throw new AssertionError("this should have failed, and gave " + made);
  }

  /** Reserves over a channel that is changed like this. */
  static String call(String target, UnaryOperator<RpcChannel.Builder> change) throws Exception {
    try (RpcChannel channel = change.apply(RpcChannel.to(target)).build()) {
      return call(channel, REQUEST);
    }
  }

  static String call(RpcChannel channel, ReserveRequest request) throws Exception {
    return failure(() -> InventoryRpc.client(channel).reserve(request));
  }

  /** Reserves on a server with this service; its port is told as 50051. */
  static String callServer(
      ServerServiceDefinition service, UnaryOperator<RpcChannel.Builder> change) throws Exception {
    try (RpcServer server = RpcServer.builder("inventory").port(0).service(service).start()) {
      return at50051(server, call("127.0.0.1:" + server.port(), change));
    }
  }

  static String at50051(RpcServer server, String message) {
    return message.replace(":" + server.port(), ":50051");
  }

  static RpcServer.Builder inventory() {
    return RpcServer.builder("inventory").port(0).service(InventoryRpc.bind(new Shelves()));
  }

  /** A handler that works. */
  static final class Shelves implements Inventory {
    @Override
    public Reservation reserve(ReserveRequest request) {
      return Reservation.newBuilder().setSku(request.getSku()).build();
    }
  }
}
