package io.fairlead.samples.migrate;

import io.fairlead.client.RpcChannel;
import io.fairlead.samples.migrate.orders.FindRequest;
import io.fairlead.samples.migrate.orders.Order;
import io.fairlead.samples.migrate.orders.Orders;
import io.fairlead.samples.migrate.orders.OrdersGrpc;
import io.fairlead.samples.migrate.orders.OrdersRpc;
import io.fairlead.server.RpcServer;
import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import java.io.PrintStream;
import java.util.Locale;

/** Plays the four steps, each over loopback, and counts failed searches. */
final class Migrate {
  private static final int SEARCHES = 30;

  private final PrintStream out;

  Migrate(PrintStream out) {
    this.out = out;
  }

  public static void main(String[] args) throws Exception {
    new Migrate(System.out).play();
  }

  void play() throws Exception {
    before();
    stockStubOnFairlead();
    stockServiceOnFairlead();
    moved();
  }

  /** Where the team stands: stock on both sides. */
  private void before() throws Exception {
    Server server = NettyServerBuilder.forPort(0).addService(new StockOrders()).build().start();
    ManagedChannel channel =
        NettyChannelBuilder.forAddress("127.0.0.1", server.getPort()).usePlaintext().build();
    try {
      report("0. stock stub, stock channel, stock server", failedOf(channel));
    } finally {
      channel.shutdownNow();
      server.shutdownNow();
    }
  }

  /** One line changes: the channel. The stub gets the contract's deadline and retries. */
  private void stockStubOnFairlead() throws Exception {
    Server server = NettyServerBuilder.forPort(0).addService(new StockOrders()).build().start();
    try (RpcChannel channel = RpcChannel.to("127.0.0.1:" + server.getPort()).build()) {
      report("1. stock stub, RpcChannel, stock server", failedOf(channel));
    } finally {
      server.shutdownNow();
    }
  }

  /** The server moves: the same service object, now with health, reflection and an orderly end. */
  private void stockServiceOnFairlead() {
    try (RpcServer server = RpcServer.builder("orders").port(0).service(new StockOrders()).start();
        RpcChannel channel = RpcChannel.to("127.0.0.1:" + server.port()).build()) {
      report("2. stock stub, RpcChannel, RpcServer with the stock service", failedOf(channel));
    }
  }

  /** The code moves, call by call: an interface in place of the stub and of the base class. */
  private void moved() {
    try (RpcServer server =
            RpcServer.builder("orders").port(0).service(OrdersRpc.bind(new MovedOrders())).start();
        RpcChannel channel = RpcChannel.to("127.0.0.1:" + server.port()).build()) {
      Orders orders = OrdersRpc.client(channel);
      Order found = orders.find(FindRequest.newBuilder().setNumber(7).build());
      out.println("3. Fairlead's interface on both sides: " + orders.place(found).getText());
      report("   and the stock stub still works beside it", failedOf(channel));
    }
  }

  private static int failedOf(Channel channel) {
    OrdersGrpc.OrdersBlockingStub stub = OrdersGrpc.newBlockingStub(channel);
    int failed = 0;
    for (int number = 0; number < SEARCHES; number++) {
      try {
        stub.find(FindRequest.newBuilder().setNumber(number).build());
      } catch (StatusRuntimeException e) {
        failed++;
      }
    }
    return failed;
  }

  private void report(String step, int failed) {
    out.printf(Locale.ROOT, "%s: %d of %d searches failed%n", step, failed, SEARCHES);
  }
}
