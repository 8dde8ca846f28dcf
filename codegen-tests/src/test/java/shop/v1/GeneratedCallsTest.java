package shop.v1;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fairlead.RpcException;
import io.fairlead.Source;
import io.fairlead.client.RpcChannel;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.policy.RetryPolicy;
import io.fairlead.server.RpcServer;
import io.grpc.Channel;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The four shapes through generated code, over loopback: each kind of client, each kind of server.
 */
class GeneratedCallsTest {
  private static final List<StockLevel> LEVELS =
      List.of(level("a", 1), level("b", 2), level("c", 3));

  /** A machine that does much else would meet the contract's deadline. */
  private static final MethodPolicy PATIENT =
      MethodPolicy.builder()
          .deadline(Duration.ofMinutes(1))
          .retry(RetryPolicy.builder().attempts(3).perAttempt(Duration.ofSeconds(50)).build())
          .build();

  /** How a server binds its handler. */
  enum Binding {
    BLOCKING {
      @Override
      ServerServiceDefinition bind() {
        return InventoryRpc.bind(new Shelves());
      }
    },
    ASYNC {
      @Override
      ServerServiceDefinition bind() {
        return InventoryRpc.bindAsync(new AsyncShelves());
      }
    };

    abstract ServerServiceDefinition bind();
  }

  private interface Use {
    void of(Channel channel) throws Exception;
  }

  private static void call(ServerServiceDefinition service, Use use) throws Exception {
    try (RpcServer server = RpcServer.builder("inventory").port(0).service(service).start();
        RpcChannel channel =
            RpcChannel.to("localhost:" + server.port())
                .service(InventoryRpc.service())
                .policy(InventoryRpc.RESERVE.fullName(), PATIENT)
                .build()) {
      use.of(channel);
    }
  }

  @ParameterizedTest
  @EnumSource
  void theBlockingClient(Binding binding) throws Exception {
    call(
        binding.bind(),
        channel -> {
          Inventory inventory = InventoryRpc.client(channel);
          assertThat(inventory.reserve(request("kettle")).getSku()).isEqualTo("kettle");
          try (Source<StockLevel> levels = inventory.watch(WatchRequest.getDefaultInstance())) {
            assertThat(levels.toList()).isEqualTo(LEVELS);
          }
          assertThat(inventory.import_(Source.from(LEVELS)).getAccepted()).isEqualTo(3);
          try (Source<StockLevel> echoed = inventory.sync(Source.from(LEVELS))) {
            assertThat(echoed.toList()).isEqualTo(LEVELS);
          }
        });
  }

  @ParameterizedTest
  @EnumSource
  void theAsyncClient(Binding binding) throws Exception {
    call(
        binding.bind(),
        channel -> {
          InventoryAsync inventory = InventoryRpc.asyncClient(channel);
          assertThat(await(inventory.reserve(request("kettle"))).getSku()).isEqualTo("kettle");
          assertThat(await(Flows.list(inventory.watch(WatchRequest.getDefaultInstance()))))
              .isEqualTo(LEVELS);
          assertThat(await(inventory.import_(Flows.of(LEVELS))).getAccepted()).isEqualTo(3);
          assertThat(await(Flows.list(inventory.sync(Flows.of(LEVELS))))).isEqualTo(LEVELS);
        });
  }

  @ParameterizedTest
  @EnumSource
  void theStockStub(Binding binding) throws Exception {
    call(
        binding.bind(),
        channel -> {
          InventoryGrpc.InventoryBlockingStub stub = InventoryGrpc.newBlockingStub(channel);
          assertThat(stub.reserve(request("kettle")).getSku()).isEqualTo("kettle");
          Iterator<StockLevel> levels = stub.watch(WatchRequest.getDefaultInstance());
          assertThat(levels).toIterable().isEqualTo(LEVELS);
          InventoryGrpc.InventoryStub async = InventoryGrpc.newStub(channel);
          Collected<ImportSummary> summary = new Collected<>();
          send(async.import_(summary));
          assertThat(await(summary.all).get(0).getAccepted()).isEqualTo(3);
          Collected<StockLevel> echoed = new Collected<>();
          send(async.sync(echoed));
          assertThat(await(echoed.all)).isEqualTo(LEVELS);
        });
  }

  @Test
  void aMethodThatAFakeLeavesOutIsUnimplementedByName() throws Exception {
    call(
        InventoryRpc.bind(new Inventory() {}),
        channel -> {
          Inventory inventory = InventoryRpc.client(channel);
          assertThatThrownBy(() -> inventory.reserve(request("kettle")))
              .isInstanceOf(RpcException.class)
              .hasMessageContaining("UNIMPLEMENTED")
              .hasMessageContaining("shop.v1.Inventory/Reserve is not implemented");
          assertThatThrownBy(() -> inventory.sync(Source.from(LEVELS)).toList())
              .hasMessageContaining("UNIMPLEMENTED")
              .hasMessageContaining("shop.v1.Inventory/Sync is not implemented");
        });
  }

  @Test
  void theErrorOfAStreamComesAfterItsMessages() throws Exception {
    Inventory failing =
        new Inventory() {
          @Override
          public Source<StockLevel> watch(WatchRequest request) {
            return Source.from(
                Stream.concat(
                    LEVELS.stream(),
                    Stream.generate(
                        () -> {
                          throw Status.DATA_LOSS.withDescription("no more").asRuntimeException();
                        })));
          }
        };
    call(
        InventoryRpc.bind(failing),
        channel -> {
          List<StockLevel> seen = new ArrayList<>();
          assertThatThrownBy(
                  () -> {
                    try (Source<StockLevel> levels =
                        InventoryRpc.client(channel).watch(WatchRequest.getDefaultInstance())) {
                      levels.forEach(seen::add);
                    }
                  })
              .hasMessageContaining("DATA_LOSS");
          assertThat(seen).isEqualTo(LEVELS);
        });
  }

  private static void send(StreamObserver<StockLevel> requests) {
    LEVELS.forEach(requests::onNext);
    requests.onCompleted();
  }

  private static <T> T await(CompletionStage<T> stage) throws Exception {
    return stage.toCompletableFuture().get(60, TimeUnit.SECONDS);
  }

  private static ReserveRequest request(String sku) {
    return ReserveRequest.newBuilder().setSku(sku).setQuantity(1).build();
  }

  private static StockLevel level(String sku, long quantity) {
    return StockLevel.newBuilder().setSku(sku).setQuantity(quantity).build();
  }

  private static final class Shelves implements Inventory {
    @Override
    public Reservation reserve(ReserveRequest request) {
      return Reservation.newBuilder().setSku(request.getSku()).build();
    }

    @Override
    public Source<StockLevel> watch(WatchRequest request) {
      return Source.from(LEVELS);
    }

    @Override
    public ImportSummary import_(Source<StockLevel> requests) {
      return ImportSummary.newBuilder().setAccepted(requests.toList().size()).build();
    }

    @Override
    public Source<StockLevel> sync(Source<StockLevel> requests) {
      return requests.map(level -> level);
    }
  }

  private static final class AsyncShelves implements InventoryAsync {
    @Override
    public CompletionStage<Reservation> reserve(ReserveRequest request) {
      return CompletableFuture.completedFuture(
          Reservation.newBuilder().setSku(request.getSku()).build());
    }

    @Override
    public Flow.Publisher<StockLevel> watch(WatchRequest request) {
      return Flows.of(LEVELS);
    }

    @Override
    public CompletionStage<ImportSummary> import_(Flow.Publisher<StockLevel> requests) {
      return Flows.list(requests)
          .thenApply(all -> ImportSummary.newBuilder().setAccepted(all.size()).build());
    }

    @Override
    public Flow.Publisher<StockLevel> sync(Flow.Publisher<StockLevel> requests) {
      return requests;
    }
  }

  private static final class Collected<T> implements StreamObserver<T> {
    final CompletableFuture<List<T>> all = new CompletableFuture<>();
    private final List<T> seen = new ArrayList<>();

    @Override
    public void onNext(T message) {
      seen.add(message);
    }

    @Override
    public void onError(Throwable error) {
      all.completeExceptionally(error);
    }

    @Override
    public void onCompleted() {
      all.complete(seen);
    }
  }
}
