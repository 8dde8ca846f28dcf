// Written by protoc-gen-fairlead from everything.proto. Do not edit.
package golden.v1;

import golden.v1.EverythingOuterClass.Item;
import golden.v1.EverythingOuterClass.Query;
import io.fairlead.CallContext;
import io.fairlead.Source;
import io.fairlead.contract.FairleadGenerated;
import io.fairlead.contract.MethodContract;
import io.fairlead.contract.RuntimeApi;
import io.fairlead.contract.ServiceContract;
import io.fairlead.contract.client.AsyncClientCalls;
import io.fairlead.contract.client.ClientCalls;
import io.fairlead.contract.server.ServiceBinding;
import io.fairlead.policy.CachePolicy;
import io.fairlead.policy.Code;
import io.fairlead.policy.FailureMode;
import io.fairlead.policy.HedgingPolicy;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.policy.MirrorPolicy;
import io.fairlead.policy.Priority;
import io.fairlead.policy.RetryPolicy;
import io.fairlead.policy.RoutePolicy;
import io.grpc.Channel;
import io.grpc.ServerServiceDefinition;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.function.Function;
import javax.annotation.processing.Generated;
import org.jspecify.annotations.NullMarked;

/**
 * Uses every option once.
 *
 * <p>Its methods with their policies, its clients, and its bindings for a server.
 */
@NullMarked
@FairleadGenerated
@Generated("protoc-gen-fairlead")
@SuppressWarnings("deprecation")
public final class EverythingRpc {
  /** The name of the service on the wire. */
  public static final String SERVICE_NAME = "golden.v1.Everything";

  static {
    RuntimeApi.require(2);
  }

  /** The contract of {@link Everything#read}. */
  public static final MethodContract<Item, Item> READ =
      MethodContract.unary(
              SERVICE_NAME, "Read", Item.getDefaultInstance(), Item.getDefaultInstance())
          .noSideEffects()
          .policy(
              MethodPolicy.builder()
                  .deadline(Duration.ofSeconds(2))
                  .retry(
                      RetryPolicy.builder()
                          .attempts(4)
                          .codes(Code.UNAVAILABLE, Code.ABORTED)
                          .backoff(Duration.ofMillis(10))
                          .maxBackoff(Duration.ofMillis(250))
                          .backoffMultiplier(1.5)
                          .build())
                  .balancer("peak_ewma")
                  .waitForReady(true)
                  .maxRequestBytes(1048576)
                  .maxResponseBytes(16777216)
                  .compression("gzip")
                  .authScopes("golden.read")
                  .priority(Priority.HIGH)
                  .build())
          .schema(EverythingOuterClass::getDescriptor)
          .build();

  /** The contract of {@link Everything#write}. */
  public static final MethodContract<Item, Item> WRITE =
      MethodContract.unary(
              SERVICE_NAME, "Write", Item.getDefaultInstance(), Item.getDefaultInstance())
          .policy(
              MethodPolicy.builder()
                  .deadline(Duration.ofSeconds(2))
                  .balancer("peak_ewma")
                  .waitForReady(true)
                  .maxRequestBytes(1048576)
                  .maxResponseBytes(16777216)
                  .compression("gzip")
                  .authScopes("golden.write", "golden.admin")
                  .priority(Priority.HIGH)
                  .failureMode(FailureMode.FAILFAST)
                  .build())
          .schema(EverythingOuterClass::getDescriptor)
          .build();

  /** The contract of {@link Everything#race}. */
  public static final MethodContract<Item, Item> RACE =
      MethodContract.unary(
              SERVICE_NAME, "Race", Item.getDefaultInstance(), Item.getDefaultInstance())
          .policy(
              MethodPolicy.builder()
                  .deadline(Duration.ofSeconds(2))
                  .hedging(
                      HedgingPolicy.builder()
                          .attempts(3)
                          .delay(Duration.ofMillis(50))
                          .codes(Code.UNAVAILABLE, Code.INTERNAL)
                          .unsafe()
                          .build())
                  .balancer("peak_ewma")
                  .waitForReady(true)
                  .maxRequestBytes(1048576)
                  .maxResponseBytes(16777216)
                  .compression("gzip")
                  .authScopes("golden.read")
                  .priority(Priority.HIGH)
                  .build())
          .schema(EverythingOuterClass::getDescriptor)
          .build();

  /** The contract of {@link Everything#follow}. */
  public static final MethodContract<Query, Item> FOLLOW =
      MethodContract.serverStreaming(
              SERVICE_NAME, "Follow", Query.getDefaultInstance(), Item.getDefaultInstance())
          .policy(
              MethodPolicy.builder()
                  .idleTimeout(Duration.ofSeconds(30))
                  .balancer("maglev")
                  .waitForReady(true)
                  .maxRequestBytes(1048576)
                  .maxResponseBytes(16777216)
                  .compression("gzip")
                  .authScopes("golden.read")
                  .priority(Priority.HIGH)
                  .build())
          .hashKey(request -> request.getItem().getKindValue())
          .schema(EverythingOuterClass::getDescriptor)
          .build();

  /** The contract of {@link Everything#custom}. */
  public static final MethodContract<Item, Item> CUSTOM =
      MethodContract.unary(
              SERVICE_NAME, "Custom", Item.getDefaultInstance(), Item.getDefaultInstance())
          .policy(
              MethodPolicy.builder()
                  .deadline(Duration.ofSeconds(2))
                  .balancer("warehouse_first")
                  .waitForReady(true)
                  .maxRequestBytes(1048576)
                  .maxResponseBytes(16777216)
                  .compression("gzip")
                  .authScopes("golden.read")
                  .priority(Priority.SHEDDABLE)
                  .failureMode(FailureMode.FAILSAFE)
                  .build())
          .schema(EverythingOuterClass::getDescriptor)
          .build();

  /** The contract of {@link Everything#look}. */
  public static final MethodContract<Item, Item> LOOK =
      MethodContract.unary(
              SERVICE_NAME, "Look", Item.getDefaultInstance(), Item.getDefaultInstance())
          .noSideEffects()
          .policy(
              MethodPolicy.builder()
                  .deadline(Duration.ofSeconds(2))
                  .retry(
                      RetryPolicy.builder()
                          .attempts(4)
                          .codes(Code.UNAVAILABLE, Code.ABORTED)
                          .backoff(Duration.ofMillis(10))
                          .maxBackoff(Duration.ofMillis(250))
                          .backoffMultiplier(1.5)
                          .build())
                  .balancer("peak_ewma")
                  .waitForReady(true)
                  .maxRequestBytes(1048576)
                  .maxResponseBytes(16777216)
                  .compression("gzip")
                  .authScopes("golden.read")
                  .priority(Priority.HIGH)
                  .cache(
                      CachePolicy.builder()
                          .ttl(Duration.ofSeconds(5))
                          .staleIfError(Duration.ofMinutes(1))
                          .maxEntries(50)
                          .maxBytes(1048576)
                          .vary("authorization", "Accept-Language")
                          .sharedFlight(false)
                          .build())
                  .mirror(MirrorPolicy.builder().to("canary").percent(2.5).build())
                  .build())
          .schema(EverythingOuterClass::getDescriptor)
          .build();

  /** The contract of {@link Everything#open}. */
  public static final MethodContract<Item, Item> OPEN =
      MethodContract.unary(
              SERVICE_NAME, "Open", Item.getDefaultInstance(), Item.getDefaultInstance())
          .policy(
              MethodPolicy.builder()
                  .deadline(Duration.ofSeconds(2))
                  .balancer("peak_ewma")
                  .waitForReady(true)
                  .maxRequestBytes(1048576)
                  .maxResponseBytes(16777216)
                  .compression("gzip")
                  .publicAccess(true)
                  .priority(Priority.HIGH)
                  .route(RoutePolicy.builder().tag("ring").value("canary").percent(2.5).build())
                  .build())
          .schema(EverythingOuterClass::getDescriptor)
          .build();

  private EverythingRpc() {}

  /** A client that blocks. It needs no closing; the channel stays the caller's. */
  public static Everything client(Channel channel) {
    return new Client(ClientCalls.over(channel));
  }

  /** A client that does not block. It needs no closing; the channel stays the caller's. */
  public static EverythingAsync asyncClient(Channel channel) {
    return new AsyncClient(AsyncClientCalls.over(channel));
  }

  /** Serves a handler that may block. */
  public static ServerServiceDefinition bind(Everything handler) {
    return bind(call -> handler);
  }

  /** As above, with a handler made for each call. */
  public static ServerServiceDefinition bind(Function<CallContext, Everything> handler) {
    return ServiceBinding.blocking(service(), handler)
        .unary(READ, Everything::read)
        .unary(WRITE, Everything::write)
        .unary(RACE, Everything::race)
        .serverStreaming(FOLLOW, Everything::follow)
        .unary(CUSTOM, Everything::custom)
        .unary(LOOK, Everything::look)
        .unary(OPEN, Everything::open)
        .build();
  }

  /** Serves a handler that never blocks: it runs on event loops. */
  public static ServerServiceDefinition bindAsync(EverythingAsync handler) {
    return bindAsync(call -> handler);
  }

  /** As above, with a handler made for each call. */
  public static ServerServiceDefinition bindAsync(Function<CallContext, EverythingAsync> handler) {
    return ServiceBinding.async(service(), handler)
        .unary(READ, EverythingAsync::read)
        .unary(WRITE, EverythingAsync::write)
        .unary(RACE, EverythingAsync::race)
        .serverStreaming(FOLLOW, EverythingAsync::follow)
        .unary(CUSTOM, EverythingAsync::custom)
        .unary(LOOK, EverythingAsync::look)
        .unary(OPEN, EverythingAsync::open)
        .build();
  }

  /** The service with all of its methods. */
  public static ServiceContract service() {
    return ServiceContract.of(
        SERVICE_NAME,
        EverythingOuterClass::getDescriptor,
        READ,
        WRITE,
        RACE,
        FOLLOW,
        CUSTOM,
        LOOK,
        OPEN);
  }

  /** The contract's policies as a gRPC service config, for clients without Fairlead. */
  public static String serviceConfigJson() {
    return """
        {
          "loadBalancingConfig": [ { "least_request_experimental": {} }, { "round_robin": {} } ],
          "methodConfig": [
            {
              "name": [
                { "service": "golden.v1.Everything", "method": "Read" },
                { "service": "golden.v1.Everything", "method": "Look" }
              ],
              "waitForReady": true,
              "timeout": "2s",
              "maxRequestMessageBytes": 1048576,
              "maxResponseMessageBytes": 16777216,
              "retryPolicy": {
                "maxAttempts": 4,
                "initialBackoff": "0.01s",
                "maxBackoff": "0.25s",
                "backoffMultiplier": 1.5,
                "retryableStatusCodes": [ "UNAVAILABLE", "ABORTED" ]
              }
            },
            {
              "name": [
                { "service": "golden.v1.Everything", "method": "Write" },
                { "service": "golden.v1.Everything", "method": "Custom" },
                { "service": "golden.v1.Everything", "method": "Open" }
              ],
              "waitForReady": true,
              "timeout": "2s",
              "maxRequestMessageBytes": 1048576,
              "maxResponseMessageBytes": 16777216
            },
            {
              "name": [ { "service": "golden.v1.Everything", "method": "Race" } ],
              "waitForReady": true,
              "timeout": "2s",
              "maxRequestMessageBytes": 1048576,
              "maxResponseMessageBytes": 16777216,
              "hedgingPolicy": {
                "maxAttempts": 3,
                "hedgingDelay": "0.05s",
                "nonFatalStatusCodes": [ "UNAVAILABLE", "INTERNAL" ]
              }
            },
            {
              "name": [ { "service": "golden.v1.Everything", "method": "Follow" } ],
              "waitForReady": true,
              "maxRequestMessageBytes": 1048576,
              "maxResponseMessageBytes": 16777216
            }
          ],
          "retryThrottling": { "maxTokens": 10, "tokenRatio": 0.1 }
        }
        """;
  }

  private record Client(ClientCalls calls) implements Everything {
    @Override
    public Item read(Item request) {
      return calls.unary(READ, request);
    }

    @Override
    public Item write(Item request) {
      return calls.unary(WRITE, request);
    }

    @Override
    public Item race(Item request) {
      return calls.unary(RACE, request);
    }

    @Override
    public Source<Item> follow(Query request) {
      return calls.serverStreaming(FOLLOW, request);
    }

    @Override
    public Item custom(Item request) {
      return calls.unary(CUSTOM, request);
    }

    @Override
    public Item look(Item request) {
      return calls.unary(LOOK, request);
    }

    @Override
    public Item open(Item request) {
      return calls.unary(OPEN, request);
    }
  }

  private record AsyncClient(AsyncClientCalls calls) implements EverythingAsync {
    @Override
    public CompletionStage<Item> read(Item request) {
      return calls.unary(READ, request);
    }

    @Override
    public CompletionStage<Item> write(Item request) {
      return calls.unary(WRITE, request);
    }

    @Override
    public CompletionStage<Item> race(Item request) {
      return calls.unary(RACE, request);
    }

    @Override
    public Flow.Publisher<Item> follow(Query request) {
      return calls.serverStreaming(FOLLOW, request);
    }

    @Override
    public CompletionStage<Item> custom(Item request) {
      return calls.unary(CUSTOM, request);
    }

    @Override
    public CompletionStage<Item> look(Item request) {
      return calls.unary(LOOK, request);
    }

    @Override
    public CompletionStage<Item> open(Item request) {
      return calls.unary(OPEN, request);
    }
  }
}
