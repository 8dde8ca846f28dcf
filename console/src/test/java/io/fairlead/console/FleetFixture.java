package io.fairlead.console;

import io.fairlead.client.RpcChannel;
import io.fairlead.discovery.InMemoryRegistry;
import io.fairlead.gateway.Contracts;
import io.fairlead.management.ManagementServer;
import io.fairlead.policy.FailureMode;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.policy.MutablePolicySource;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.function.UnaryOperator;
import shop.v1.Inventory;
import shop.v1.InventoryRpc;
import shop.v1.Reservation;
import shop.v1.ReserveRequest;

/**
 * Two endpoints of the service inventory, and a checkout that calls them; the first inventory has
 * the console.
 */
final class FleetFixture implements AutoCloseable {
  static final String METHOD = "shop.v1.Inventory/Reserve";

  /** Without retries, which would hide a failure; and with time, as machines may be busy. */
  private static final MethodPolicy PATIENT =
      MethodPolicy.builder()
          .deadline(Duration.ofSeconds(30))
          .failureMode(FailureMode.FAILFAST)
          .build();

  final InMemoryRegistry registry = new InMemoryRegistry();
  final ShopProcess first;
  final ShopProcess second;
  final ShopProcess checkout;
  final Inventory toCheckout;
  final ShopHandler firstHandler = new ShopHandler();
  final Console console;
  final ManagementServer pages;
  private final RpcChannel fromCheckout;
  private final RpcChannel calls;
  private final HttpClient http = HttpClient.newHttpClient();

  FleetFixture() {
    this("1.4.0");
  }

  /** Of the calls from checkout. */
  final MutablePolicySource live = new MutablePolicySource();

  /**
   * Starts the fleet.
   *
   * @param version of the second inventory, which may be hostile
   */
  FleetFixture(String version) {
    first = new ShopProcess(registry, "inventory", "inv-1", "1.4.0", firstHandler);
    second = new ShopProcess(registry, "inventory", "inv-2", version, new ShopHandler());
    RpcChannel[] channel = new RpcChannel[1];
    Inventory forwards =
        new Inventory() {
          @Override
          public Reservation reserve(ReserveRequest request) {
            return InventoryRpc.client(channel[0]).reserve(request);
          }
        };
    checkout = new ShopProcess(registry, "checkout", "out-1", "2.0.1", forwards);
    fromCheckout =
        checkout
            .tracing
            .addTo(RpcChannel.to("memory:///inventory"))
            .registry(registry)
            .service(InventoryRpc.service())
            .policy(METHOD, PATIENT)
            .livePolicies(live)
            .observer(checkout.telemetry)
            .observer(checkout.admin)
            .build();
    channel[0] = fromCheckout;
    checkout.admin.watch(fromCheckout);
    calls =
        RpcChannel.to("memory:///checkout")
            .registry(registry)
            .service(InventoryRpc.service())
            .policy(METHOD, PATIENT)
            .build();
    toCheckout = InventoryRpc.client(calls);
    console =
        Console.builder()
            .process(first.address())
            .registry(registry)
            .tryIt(Contracts.reflection())
            .build();
    pages = ManagementServer.builder().port(0).handler("/console", console).start();
  }

  /** Calls checkout, which calls an inventory. */
  void call(String sku) {
    Reservation unused =
        toCheckout.reserve(ReserveRequest.newBuilder().setSku(sku).setQuantity(1).build());
  }

  /** Returns whether checkout knows that this inventory wants no calls. */
  boolean isDrained(String id) {
    return fromCheckout.endpoints().stream()
        .anyMatch(each -> each.id().equals(id) && each.endpoint().draining());
  }

  URI uri(String path) {
    return pages.uri("/console" + path);
  }

  HttpResponse<String> get(String path, String accept, String token) throws Exception {
    return send(path, request -> request.header("Accept", accept), token);
  }

  HttpResponse<String> post(String path, String token, String... headers) throws Exception {
    return send(
        path,
        request -> {
          request.POST(BodyPublishers.noBody());
          return headers.length == 0 ? request : request.headers(headers);
        },
        token);
  }

  /** Calls a method through the console. */
  HttpResponse<String> tryCall(String query, String body, String... headers) throws Exception {
    return send(
        "/actions/call?" + query,
        request ->
            request
                .POST(BodyPublishers.ofString(body))
                .header("X-Fairlead-Action", "1")
                .header("Accept", headers.length == 0 ? "*/*" : headers[0]),
        ShopProcess.READER);
  }

  private HttpResponse<String> send(
      String path, UnaryOperator<HttpRequest.Builder> more, String token) throws Exception {
    HttpRequest.Builder request = HttpRequest.newBuilder(uri(path));
    if (!token.isEmpty()) {
      request.header("Authorization", "Bearer " + token);
    }
    return http.send(more.apply(request).build(), BodyHandlers.ofString());
  }

  @Override
  public void close() {
    pages.close();
    console.close();
    calls.close();
    checkout.close();
    fromCheckout.close();
    first.close();
    second.close();
    registry.close();
  }
}
