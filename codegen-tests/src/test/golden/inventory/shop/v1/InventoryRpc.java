// Written by protoc-gen-fairlead from shop/v1/inventory.proto. Do not edit.
package shop.v1;

import io.fairlead.CallContext;
import io.fairlead.Source;
import io.fairlead.contract.FairleadGenerated;
import io.fairlead.contract.MethodContract;
import io.fairlead.contract.RuntimeApi;
import io.fairlead.contract.ServiceContract;
import io.fairlead.contract.client.AsyncClientCalls;
import io.fairlead.contract.client.ClientCalls;
import io.fairlead.contract.server.ServiceBinding;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.policy.RetryPolicy;
import io.grpc.Channel;
import io.grpc.ServerServiceDefinition;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.function.Function;
import javax.annotation.processing.Generated;
import org.jspecify.annotations.NullMarked;

/**
 * The stock of a warehouse: hold articles, and follow what is left of them.
 *
 * <p>Its methods with their policies, its clients, and its bindings for a server.
 */
@NullMarked
@FairleadGenerated
@Generated("protoc-gen-fairlead")
public final class InventoryRpc {
  /** The name of the service on the wire. */
  public static final String SERVICE_NAME = "shop.v1.Inventory";

  static {
    RuntimeApi.require(2);
  }

  /** The contract of {@link Inventory#reserve}. */
  public static final MethodContract<ReserveRequest, Reservation> RESERVE =
      MethodContract.unary(
              SERVICE_NAME,
              "Reserve",
              ReserveRequest.getDefaultInstance(),
              Reservation.getDefaultInstance())
          .idempotent()
          .policy(
              MethodPolicy.builder()
                  .deadline(Duration.ofMillis(300))
                  .retry(
                      RetryPolicy.builder()
                          .attempts(3)
                          .perAttempt(Duration.ofMillis(120))
                          .build())
                  .balancer("consistent_hash")
                  .build())
          .hashKey(ReserveRequest::getSku)
          .schema(InventoryOuterClass::getDescriptor)
          .build();

  /** The contract of {@link Inventory#watch}. */
  public static final MethodContract<WatchRequest, StockLevel> WATCH =
      MethodContract.serverStreaming(
              SERVICE_NAME,
              "Watch",
              WatchRequest.getDefaultInstance(),
              StockLevel.getDefaultInstance())
          .policy(
              MethodPolicy.builder()
                  .idleTimeout(Duration.ofSeconds(30))
                  .balancer("least_request")
                  .build())
          .schema(InventoryOuterClass::getDescriptor)
          .build();

  /** The contract of {@link Inventory#import_}. */
  public static final MethodContract<StockLevel, ImportSummary> IMPORT =
      MethodContract.clientStreaming(
              SERVICE_NAME,
              "Import",
              StockLevel.getDefaultInstance(),
              ImportSummary.getDefaultInstance())
          .policy(MethodPolicy.builder().balancer("least_request").build())
          .schema(InventoryOuterClass::getDescriptor)
          .build();

  /** The contract of {@link Inventory#sync}. */
  public static final MethodContract<StockLevel, StockLevel> SYNC =
      MethodContract.bidiStreaming(
              SERVICE_NAME,
              "Sync",
              StockLevel.getDefaultInstance(),
              StockLevel.getDefaultInstance())
          .policy(MethodPolicy.builder().balancer("least_request").build())
          .schema(InventoryOuterClass::getDescriptor)
          .build();

  private InventoryRpc() {}

  /** A client that blocks. It needs no closing; the channel stays the caller's. */
  public static Inventory client(Channel channel) {
    return new Client(ClientCalls.over(channel));
  }

  /** A client that does not block. It needs no closing; the channel stays the caller's. */
  public static InventoryAsync asyncClient(Channel channel) {
    return new AsyncClient(AsyncClientCalls.over(channel));
  }

  /** Serves a handler that may block. */
  public static ServerServiceDefinition bind(Inventory handler) {
    return bind(call -> handler);
  }

  /** As above, with a handler made for each call. */
  public static ServerServiceDefinition bind(Function<CallContext, Inventory> handler) {
    return ServiceBinding.blocking(service(), handler)
        .unary(RESERVE, Inventory::reserve)
        .serverStreaming(WATCH, Inventory::watch)
        .clientStreaming(IMPORT, Inventory::import_)
        .bidiStreaming(SYNC, Inventory::sync)
        .build();
  }

  /** Serves a handler that never blocks: it runs on event loops. */
  public static ServerServiceDefinition bindAsync(InventoryAsync handler) {
    return bindAsync(call -> handler);
  }

  /** As above, with a handler made for each call. */
  public static ServerServiceDefinition bindAsync(Function<CallContext, InventoryAsync> handler) {
    return ServiceBinding.async(service(), handler)
        .unary(RESERVE, InventoryAsync::reserve)
        .serverStreaming(WATCH, InventoryAsync::watch)
        .clientStreaming(IMPORT, InventoryAsync::import_)
        .bidiStreaming(SYNC, InventoryAsync::sync)
        .build();
  }

  /** The service with all of its methods. */
  public static ServiceContract service() {
    return ServiceContract.of(
        SERVICE_NAME, InventoryOuterClass::getDescriptor, RESERVE, WATCH, IMPORT, SYNC);
  }

  /** The contract's policies as a gRPC service config, for clients without Fairlead. */
  public static String serviceConfigJson() {
    return """
        {
          "loadBalancingConfig": [ { "least_request_experimental": {} }, { "round_robin": {} } ],
          "methodConfig": [
            {
              "name": [ { "service": "shop.v1.Inventory", "method": "Reserve" } ],
              "timeout": "0.3s",
              "retryPolicy": {
                "maxAttempts": 3,
                "initialBackoff": "0.025s",
                "maxBackoff": "1s",
                "backoffMultiplier": 2,
                "retryableStatusCodes": [ "UNAVAILABLE" ],
                "perAttemptRecvTimeout": "0.12s"
              }
            }
          ],
          "retryThrottling": { "maxTokens": 10, "tokenRatio": 0.1 }
        }
        """;
  }

  private record Client(ClientCalls calls) implements Inventory {
    @Override
    public Reservation reserve(ReserveRequest request) {
      return calls.unary(RESERVE, request);
    }

    @Override
    public Source<StockLevel> watch(WatchRequest request) {
      return calls.serverStreaming(WATCH, request);
    }

    @Override
    public ImportSummary import_(Source<StockLevel> requests) {
      return calls.clientStreaming(IMPORT, requests);
    }

    @Override
    public Source<StockLevel> sync(Source<StockLevel> requests) {
      return calls.bidiStreaming(SYNC, requests);
    }
  }

  private record AsyncClient(AsyncClientCalls calls) implements InventoryAsync {
    @Override
    public CompletionStage<Reservation> reserve(ReserveRequest request) {
      return calls.unary(RESERVE, request);
    }

    @Override
    public Flow.Publisher<StockLevel> watch(WatchRequest request) {
      return calls.serverStreaming(WATCH, request);
    }

    @Override
    public CompletionStage<ImportSummary> import_(Flow.Publisher<StockLevel> requests) {
      return calls.clientStreaming(IMPORT, requests);
    }

    @Override
    public Flow.Publisher<StockLevel> sync(Flow.Publisher<StockLevel> requests) {
      return calls.bidiStreaming(SYNC, requests);
    }
  }
}
