package io.fairlead.cli;

import io.fairlead.RpcException;
import io.fairlead.Source;
import io.fairlead.admin.AdminService;
import io.fairlead.admin.LogBuffer;
import io.fairlead.client.RpcChannel;
import io.fairlead.etcd.embedded.EmbeddedEtcd;
import io.fairlead.registry.etcd.EtcdRegistry;
import io.fairlead.scaling.LoadReporter;
import io.fairlead.security.Authorizer;
import io.fairlead.security.Caller;
import io.fairlead.server.RpcServer;
import io.grpc.Metadata;
import io.grpc.Status;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.function.UnaryOperator;
import shop.v1.ImportSummary;
import shop.v1.Inventory;
import shop.v1.InventoryRpc;
import shop.v1.Reservation;
import shop.v1.ReserveRequest;
import shop.v1.StockLevel;
import shop.v1.WatchRequest;

/** An etcd, and servers of the service "inventory" with an admin service. Real ones, in process. */
final class Fleet implements AutoCloseable {
  static final String OPERATOR = "operator-token";
  static final String READER = "reader-token";

  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

  final EmbeddedEtcd etcd = EmbeddedEtcd.builder().port(0).start();
  final EtcdRegistry registry = EtcdRegistry.connect(etcd.endpoint());

  /** A call for the article "slow" says that it is there, and waits until it is let go. */
  final Semaphore arrived = new Semaphore(0);

  final CountDownLatch letGo = new CountDownLatch(1);

  /** How long the admin services of instances that are started from now on wait for etcd. */
  Duration confirmationTimeout = Duration.ofSeconds(3);

  private final List<AutoCloseable> open = new ArrayList<>();

  private final Inventory handler =
      new Inventory() {
        @Override
        public Reservation reserve(ReserveRequest request) {
          return Fleet.this.reserve(request);
        }

        @Override
        public Source<StockLevel> watch(WatchRequest request) {
          return Source.from(
              request.getSkusList().stream().map(sku -> Fleet.level(sku, sku.length())));
        }

        @Override
        public ImportSummary import_(Source<StockLevel> levels) {
          return ImportSummary.newBuilder().setAccepted(levels.toList().size()).build();
        }

        @Override
        public Source<StockLevel> sync(Source<StockLevel> levels) {
          return levels.map(each -> level(each.getSku(), each.getQuantity() + 1));
        }
      };

  private static StockLevel level(String sku, long quantity) {
    return StockLevel.newBuilder().setSku(sku).setQuantity(quantity).build();
  }

  private Reservation reserve(ReserveRequest request) {
    switch (request.getSku()) {
      case "broken" ->
          throw RpcException.answer(
              Status.Code.FAILED_PRECONDITION,
              "the shelf is on fire",
              com.google.rpc.ErrorInfo.newBuilder().setReason("FIRE").build());
      case "slow" -> {
        arrived.release();
        try {
          letGo.await();
        } catch (InterruptedException e) {
          throw Status.CANCELLED.asRuntimeException();
        }
      }
      default -> {}
    }
    return Reservation.newBuilder()
        .setId("r-" + request.getSku())
        .setSku(request.getSku())
        .setQuantity(request.getQuantity())
        .build();
  }

  /** Who the bearer token says; calls of the inventory need none. */
  private static Authorizer authorizer() {
    return Authorizer.byScopes(
        request -> {
          String token = request.headers().get(AUTHORIZATION);
          return switch (token == null ? "" : token) {
            case "Bearer " + OPERATOR ->
                new Caller(
                    "operator",
                    Set.of("fairlead.admin.read", "fairlead.admin.write", "fairlead.admin.logs"));
            case "Bearer " + READER -> new Caller("reader", Set.of("fairlead.admin.read"));
            default -> request.scopes().isEmpty() ? new Caller("app", Set.of()) : null;
          };
        });
  }

  /** Starts an instance, and waits until the registry has it. */
  Node start(String id, UnaryOperator<RpcServer.Builder> change) {
    LogBuffer logs = LogBuffer.create();
    AdminService admin =
        AdminService.builder().logs(logs).confirmationTimeout(confirmationTimeout).build();
    LoadReporter load =
        LoadReporter.builder().maxCalls(100).minInterval(Duration.ofMillis(10)).build();
    RpcServer server =
        change
            .apply(
                RpcServer.builder("inventory")
                    .host("127.0.0.1")
                    .id(id)
                    .registry(registry)
                    .service(InventoryRpc.bind(handler))
                    .service(admin)
                    .service(load)
                    .observer(admin)
                    .observer(load)
                    .authorizer(authorizer())
                    .timeouts(timeouts -> timeouts.deregistrationDelay(Duration.ZERO)))
            .start();
    open.add(server);
    admin.watch(server);
    return new Node(server, admin, logs);
  }

  Node start(String id) {
    return start(id, builder -> builder.version("1.4.0").zone("north"));
  }

  /** One instance, with the admin service that it serves and the log that this shows. */
  record Node(RpcServer server, AdminService admin, LogBuffer logs) {
    String address() {
      return "127.0.0.1:" + server.port();
    }
  }

  String url() {
    return "etcd://" + etcd.address();
  }

  /** A channel that the admin service of a node shows. */
  RpcChannel watchedChannel(Node node, String target) {
    return watchedChannel(node, RpcChannel.to(target));
  }

  /** A channel with settings of its own that the admin service of a node shows. */
  RpcChannel watchedChannel(Node node, RpcChannel.Builder settings) {
    RpcChannel channel = settings.observer(node.admin()).build();
    node.admin().watch(channel);
    open.add(channel);
    return channel;
  }

  @Override
  public void close() {
    letGo.countDown();
    for (int i = open.size() - 1; i >= 0; i--) {
      try {
        open.get(i).close();
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }
    registry.close();
    etcd.close();
  }
}
