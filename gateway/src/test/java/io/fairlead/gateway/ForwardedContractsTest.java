package io.fairlead.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.fairlead.discovery.InMemoryRegistry;
import io.fairlead.gateway.library.Book;
import io.fairlead.gateway.library.GetBookRequest;
import io.fairlead.gateway.library.LibraryRpc;
import io.fairlead.gateway.shelves.Shelves;
import io.fairlead.gateway.shelves.ShelvesRpc;
import io.fairlead.gateway.shelves.SortRequest;
import io.fairlead.security.Authorizer;
import io.fairlead.security.Caller;
import io.fairlead.server.RpcServer;
import io.grpc.Metadata;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a gateway serves of other processes, and what they hear of its callers. */
@Timeout(60)
class ForwardedContractsTest {
  private static final Metadata.Key<String> TOKEN =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

  private final List<String> heard = new CopyOnWriteArrayList<>();

  private static final class OnlyShelves implements Shelves {
    @Override
    public Book first(GetBookRequest request) {
      return Book.newBuilder().setName("first").build();
    }

    @Override
    public Book sort(SortRequest request) {
      return Book.newBuilder().setName(request.getOrder()).build();
    }
  }

  private static RpcServer shelves() {
    return RpcServer.builder("shelves")
        .host("127.0.0.1")
        .service(ShelvesRpc.bind(new OnlyShelves()))
        .start();
  }

  @Test
  void aServiceOfAnImportedFileThatTheTargetDoesNotServeIsNotForwarded() throws Exception {
    try (RpcServer backend = shelves();
        GatewayFixture proxy =
            GatewayFixture.proxy(
                Gateway.proxy("127.0.0.1:" + backend.port(), Contracts.reflection()),
                server -> server)) {
      assertThat(proxy.get("/v1/first/a").body()).contains("\"name\":\"first\"");
      assertThat(proxy.get("/v1/books/a").statusCode()).isEqualTo(404);
      assertThat(proxy.get("/openapi.json").body()).doesNotContain("gateway.v1.Library");
    }
  }

  @Test
  void theDocumentHasWhatOpenApiHasAPlaceFor() throws Exception {
    try (RpcServer backend = shelves();
        GatewayFixture proxy =
            GatewayFixture.proxy(
                Gateway.proxy("127.0.0.1:" + backend.port(), Contracts.reflection()),
                server -> server)) {
      JsonObject paths =
          JsonParser.parseString(proxy.get("/openapi.json").body())
              .getAsJsonObject()
              .getAsJsonObject("paths");
      JsonObject sorted = paths.getAsJsonObject("/v1/sorted/{name}");
      assertThat(sorted.keySet()).containsExactlyInAnyOrder("post", "get");
      // The first of two that look the same; what only a response has is no parameter.
      assertThat(sorted.getAsJsonObject("get").get("operationId").getAsString())
          .isEqualTo("gateway.v1.Shelves.Sort_2");
      assertThat(sorted.getAsJsonObject("get").getAsJsonArray("parameters").toString())
          .contains("\"order\"")
          .doesNotContain("\"sorted\"");
      // The path has the name, so the body need not have it.
      JsonObject body =
          sorted
              .getAsJsonObject("post")
              .getAsJsonObject("requestBody")
              .getAsJsonObject("content")
              .getAsJsonObject("application/json")
              .getAsJsonObject("schema");
      assertThat(body.getAsJsonObject("properties").keySet()).containsExactly("order", "sorted");
      assertThat(body.getAsJsonArray("required").toString()).isEqualTo("[\"order\"]");
      assertThat(proxy.postJson("/v1/sorted/a", "{\"order\":\"up\"}").body()).contains("up");
    }
  }

  private String heardThrough(Gateway.Builder gateway, boolean checked) throws Exception {
    Authorizer anybody =
        request ->
            CompletableFuture.completedFuture(
                new Authorizer.Verdict.Allowed(new Caller("ann", Set.of())));
    Authorizer listener =
        request -> {
          heard.add(String.valueOf(request.headers().get(TOKEN)));
          return anybody.authorize(request);
        };
    heard.clear();
    try (RpcServer backend =
            RpcServer.builder("library")
                .host("127.0.0.1")
                .service(LibraryRpc.bind(new LibraryHandler()))
                .authorizer(listener)
                .start();
        GatewayFixture proxy =
            GatewayFixture.proxy(
                gateway.forward("127.0.0.1:" + backend.port(), Contracts.reflection()).build(),
                server -> checked ? server.authorizer(anybody) : server)) {
      assertThat(proxy.get("/v1/books/a", "authorization", "Bearer secret").statusCode())
          .isEqualTo(200);
    }
    return heard.toString();
  }

  @Test
  void theTokenThatAGatewayHasCheckedIsForwardedOnRequestAlone() throws Exception {
    assertThat(heardThrough(Gateway.builder(), true)).isEqualTo("[null]");
    assertThat(heardThrough(Gateway.builder().forwardAuthorization(), true))
        .isEqualTo("[Bearer secret]");
    // A gateway that checks nothing leaves the check to the service.
    assertThat(heardThrough(Gateway.builder(), false)).isEqualTo("[Bearer secret]");
  }

  @Test
  void oneDescriptorSetForAllServicesOfARegistryIsRefused() {
    try (InMemoryRegistry registry = new InMemoryRegistry()) {
      assertThatThrownBy(
              () ->
                  Gateway.builder()
                      .forwardAll(registry, "", Contracts.descriptorSet(Path.of("all.pb"))))
          .hasMessage(
              "the descriptor set all.pb does not say which service of a registry has which"
                  + " contract; use Contracts.reflection(), or forward(target, contracts) for each"
                  + " service");
    }
  }
}
