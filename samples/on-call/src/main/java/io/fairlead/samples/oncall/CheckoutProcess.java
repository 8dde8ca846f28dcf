package io.fairlead.samples.oncall;

import io.fairlead.RpcException;
import io.fairlead.client.RpcChannel;
import io.fairlead.console.Console;
import io.fairlead.management.ManagementServer;
import io.fairlead.registry.etcd.EtcdPolicySource;
import io.fairlead.registry.etcd.EtcdRegistry;
import io.fairlead.samples.oncall.shop.Checkout;
import io.fairlead.samples.oncall.shop.CheckoutRpc;
import io.fairlead.samples.oncall.shop.Inventory;
import io.fairlead.samples.oncall.shop.InventoryRpc;
import io.fairlead.samples.oncall.shop.Order;
import io.fairlead.samples.oncall.shop.Receipt;
import io.fairlead.samples.oncall.shop.Reservation;
import io.fairlead.samples.oncall.shop.ReserveRequest;
import io.fairlead.samples.oncall.shop.SuggestRequest;
import io.fairlead.server.RpcServer;
import io.grpc.Status;
import java.io.OutputStream;
import java.time.Duration;
import java.util.List;
import java.util.logging.Logger;

/**
 * The checkout, as its own process: {@code CheckoutProcess ID ETCD_URL}. It calls the inventory,
 * takes live policies, and serves the console.
 */
final class CheckoutProcess implements Checkout {
  private static final Logger LOG = Logger.getLogger("oncall.Checkout");

  private final Inventory inventory;

  private CheckoutProcess(Inventory inventory) {
    this.inventory = inventory;
  }

  @Override
  public Receipt buy(Order order) {
    Reservation reservation = reserve(order);
    return Receipt.newBuilder()
        .setShelf(reservation.getShelf())
        .setReservedBy(reservation.getServedBy())
        .addAllSuggestions(suggestions(order))
        .build();
  }

  private Reservation reserve(Order order) {
    try {
      return inventory.reserve(
          ReserveRequest.newBuilder()
              .setOrder(order.getId())
              .setArticle(order.getArticle())
              .build());
    } catch (RpcException e) {
      throw Status.INTERNAL
          .withDescription("nothing is reserved: " + e.getMessage())
          .asRuntimeException();
    }
  }

  /** An order without suggestions is better than none. */
  private List<String> suggestions(Order order) {
    try {
      return inventory
          .suggest(SuggestRequest.newBuilder().setArticle(order.getArticle()).build())
          .getArticlesList();
    } catch (RpcException e) {
      LOG.warning("an order goes without suggestions: " + e.getMessage());
      return List.of();
    }
  }

  public static void main(String[] args) throws Exception {
    String id = args[0];
    try (Watched watched = new Watched();
        EtcdRegistry registry =
            EtcdRegistry.builder().endpoints(args[1]).ttl(Duration.ofSeconds(2)).connect();
        EtcdPolicySource policies = registry.policySource(id).caller("checkout").open();
        RpcChannel channel =
            watched
                .channel("registry:///inventory", registry)
                .service(InventoryRpc.service())
                .livePolicies(policies)
                .build();
        RpcServer server =
            watched
                .server("checkout", id, "2.0.1", registry)
                .service(CheckoutRpc.bind(new CheckoutProcess(InventoryRpc.client(channel))))
                .start();
        Console console =
            Console.builder().process("127.0.0.1:" + server.port()).registry(registry).build();
        ManagementServer pages =
            ManagementServer.builder()
                .port(0)
                .probes(server)
                .handler("/console", console)
                .start()) {
      watched.watch(server);
      watched.watch(channel);
      System.out.println("pages at " + pages.uri("/console"));
      // Until who started this process is gone, so that no process is left alone.
      long unused = System.in.transferTo(OutputStream.nullOutputStream());
    }
  }
}
