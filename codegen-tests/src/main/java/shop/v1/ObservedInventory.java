package shop.v1;

import io.fairlead.client.RpcChannel;
import io.fairlead.observe.CallObserver;
import io.fairlead.observe.ServerCallObserver;
import io.fairlead.policy.FailureMode;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.server.RpcServer;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.concurrent.Semaphore;

/**
 * A server of the inventory and a channel to it, both with one observer. Tests of telemetry make
 * calls here, and then look at what the observer has counted.
 */
public final class ObservedInventory implements AutoCloseable {
  /** A machine that does much else would meet the contract's deadline. */
  private static final MethodPolicy PATIENT =
      MethodPolicy.builder()
          .deadline(Duration.ofMinutes(1))
          .failureMode(FailureMode.FAILFAST)
          .build();

  /** Ends of calls that the server has counted: a caller has its response before. */
  private final Semaphore counted = new Semaphore(0);

  private final RpcServer server;
  private final RpcChannel channel;

  private ObservedInventory(CallObserver ofCalls, ServerCallObserver ofServedCalls) {
    server =
        RpcServer.builder("inventory")
            .host("127.0.0.1")
            .port(0)
            .service(InventoryRpc.bind(new Shelf()))
            .observer(ofServedCalls)
            .observer(outcome -> counted.release())
            .start();
    channel =
        RpcChannel.to(target())
            .service(InventoryRpc.service())
            .policy(InventoryRpc.RESERVE.fullName(), PATIENT)
            .observer(ofCalls)
            .build();
  }

  /** Has everything but what has no name. */
  private static final class Shelf implements Inventory {
    @Override
    public Reservation reserve(ReserveRequest request) {
      if (request.getSku().isEmpty()) {
        throw Status.NOT_FOUND.withDescription("sku").asRuntimeException();
      }
      return Reservation.newBuilder().setSku(request.getSku()).build();
    }
  }

  /** Starts both with an observer of either side. */
  public static <O extends CallObserver & ServerCallObserver> ObservedInventory start(O observer) {
    return new ObservedInventory(observer, observer);
  }

  /** Returns the server. */
  public RpcServer server() {
    return server;
  }

  /** Returns the channel to the server. */
  public RpcChannel channel() {
    return channel;
  }

  /** Returns the target of the channel. */
  public String target() {
    return "dns:///127.0.0.1:" + server.port();
  }

  /** Reserves something so many times. Returns when the server has counted these calls. */
  public void reserve(int times) {
    Inventory inventory = InventoryRpc.client(channel);
    for (int i = 0; i < times; i++) {
      Reservation made = inventory.reserve(ReserveRequest.newBuilder().setSku("pan").build());
      if (!made.getSku().equals("pan")) {
        throw new AssertionError("the response is " + made);
      }
    }
    awaitCounted(times);
  }

  /** Makes a call that ends with NOT_FOUND. Returns when the server has counted it. */
  public void fail() {
    try {
      Reservation made = InventoryRpc.client(channel).reserve(ReserveRequest.getDefaultInstance());
      throw new AssertionError("what has no name was reserved: " + made);
    } catch (StatusRuntimeException e) {
      if (e.getStatus().getCode() != Status.Code.NOT_FOUND) {
        throw e;
      }
    }
    awaitCounted(1);
  }

  /** Waits until the server has counted so many further calls. */
  public void awaitCounted(int calls) {
    counted.acquireUninterruptibly(calls);
  }

  @Override
  public void close() {
    channel.close();
    server.close();
  }
}
