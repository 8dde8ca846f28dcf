package io.fairlead.gateway;

import static io.fairlead.gateway.GatewayFixture.GET_BOOK;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonParser;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.Descriptors.FileDescriptor;
import io.fairlead.RpcException;
import io.fairlead.Source;
import io.fairlead.client.RpcChannel;
import io.fairlead.discovery.InMemoryRegistry;
import io.fairlead.gateway.library.GetBookRequest;
import io.fairlead.gateway.library.Library;
import io.fairlead.gateway.library.LibraryRpc;
import io.fairlead.gateway.library.Line;
import io.fairlead.lifecycle.BuiltInService;
import io.fairlead.options.OptionsProto;
import io.fairlead.options.Policy;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.security.Authorizer;
import io.fairlead.security.Caller;
import io.fairlead.server.RpcServer;
import io.grpc.Status;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A gateway before servers of other processes. */
@Timeout(60)
class ProxyTest {
  private static final Duration OFTEN = Duration.ofMillis(20);

  @TempDir Path directory;
  private final GatewayFixture library = new GatewayFixture();

  @AfterEach
  void close() {
    library.close();
  }

  private String target() {
    return "127.0.0.1:" + library.server.port();
  }

  private static Gateway.Builder often() {
    return Gateway.builder().reload(OFTEN);
  }

  @Test
  void aServiceOfAnotherProcessIsServedByItsReflection() throws Exception {
    try (GatewayFixture proxy =
        GatewayFixture.proxy(Gateway.proxy(target(), Contracts.reflection()), server -> server)) {
      assertThat(proxy.get("/v1/books/a?withTags=true").body())
          .startsWith("{\"name\":\"a\",\"title\":\"Über a\"")
          .contains("\"tags\":[\"tagged\"]");
      assertThat(proxy.postJson(GET_BOOK, "{\"name\":\"b\"}").body()).contains("Über b");
      assertThat(proxy.get("/v1/shelves/1/books/2/lines", "accept", "application/x-ndjson").body())
          .isEqualTo("{\"text\":\"one\"}\n{\"text\":\"two\"}\n");
      assertThat(
              proxy
                  .post(
                      "/v1/lines:count",
                      "{\"text\":\"a\"}\n{\"text\":\"b\"}",
                      "content-type",
                      "application/x-ndjson")
                  .body())
          .isEqualTo("{\"lines\":2}");
      HttpResponse<String> missing = proxy.get("/v1/books/missing");
      assertThat(missing.statusCode()).isEqualTo(404);
      assertThat(missing.body()).isEqualTo("{\"code\":5,\"message\":\"there is no such book\"}");
      HttpResponse<String> metadata =
          proxy.get("/v1/books/a", "x-header", "one", "x-trailer", "two");
      assertThat(metadata.headers().firstValue("x-header")).hasValue("one");
      assertThat(metadata.headers().firstValue("x-trailer")).hasValue("two");
    }
  }

  @Test
  void grpcItselfIsForwardedInAllShapes() throws Exception {
    try (GatewayFixture proxy =
            GatewayFixture.proxy(
                Gateway.proxy(target(), Contracts.reflection()), server -> server);
        RpcChannel channel =
            RpcChannel.to("127.0.0.1:" + proxy.server.port())
                .service(LibraryRpc.service())
                .build()) {
      Library client = LibraryRpc.client(channel);
      assertThat(client.getBook(book("a")).getTitle()).isEqualTo("Über a");
      assertThat(client.count(Source.from(List.of(line("1"), line("2")))).getLines()).isEqualTo(2);
      try (Source<Line> lines = client.read(book("x"))) {
        assertThat(lines).extracting(Line::getText).containsExactly("one", "two");
      }
      try (Source<Line> echoed = client.echo(Source.from(List.of(line("1"), line("2"))))) {
        assertThat(echoed).extracting(Line::getText).containsExactly("1", "2");
      }
      assertThatThrownBy(() -> client.getBook(book("missing")))
          .isInstanceOfSatisfying(
              RpcException.class, e -> assertThat(e.code()).isEqualTo(Status.Code.NOT_FOUND));
    }
  }

  @Test
  void aCallerThatLeavesCancelsTheHandlerBehindTheGateway() throws Exception {
    try (GatewayFixture proxy =
        GatewayFixture.proxy(Gateway.proxy(target(), Contracts.reflection()), server -> server)) {
      try (java.net.Socket socket = proxy.connect()) {
        socket
            .getOutputStream()
            .write("GET /v1/books/wait HTTP/1.1\r\nHost: a\r\n\r\n".getBytes(UTF_8));
        assertThat(library.handler.waiting.await(20, TimeUnit.SECONDS)).isTrue();
      }
      assertThat(library.handler.cancelled.await(20, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void aDeadlineReachesTheServiceAndEndsTheCall() throws Exception {
    try (GatewayFixture proxy =
        GatewayFixture.proxy(Gateway.proxy(target(), Contracts.reflection()), server -> server)) {
      assertThat(proxy.get("/v1/books/a", "grpc-timeout", "20S").body()).contains("has a deadline");
      HttpResponse<String> late = proxy.get("/v1/books/wait", "grpc-timeout", "500m");
      assertThat(late.statusCode()).isEqualTo(504);
      assertThat(library.handler.cancelled.await(20, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void theLayersOfTheGatewayDecideBeforeTheServiceHears() throws Exception {
    AtomicInteger asked = new AtomicInteger();
    Authorizer nobody =
        request -> {
          asked.incrementAndGet();
          return CompletableFuture.completedFuture(new Authorizer.Verdict.Denied("not you"));
        };
    try (GatewayFixture proxy =
        GatewayFixture.proxy(
            Gateway.proxy(target(), Contracts.reflection()), server -> server.authorizer(nobody))) {
      HttpResponse<String> response = proxy.get("/v1/books/wait");
      assertThat(response.statusCode()).isEqualTo(403);
      assertThat(response.body()).contains("not you");
      assertThat(asked).hasValue(1);
      assertThat(library.handler.waiting.getCount()).isEqualTo(1);
    }
  }

  @Test
  void policiesAndLimitsMayNameMethodsThatAreForwarded() throws Exception {
    MethodPolicy small = MethodPolicy.builder().maxRequestBytes(1_000).build();
    try (GatewayFixture proxy =
        GatewayFixture.proxy(
            Gateway.proxy(target(), Contracts.reflection()),
            server ->
                server
                    .policy("gateway.v1.Library/MoveBook", small)
                    .limits(
                        limits -> limits.maxConcurrentCallsOf("gateway.v1.Library/GetBook", 1)))) {
      assertThat(
              proxy
                  .postJson("/v1/shelves/1/books/2:move", "{\"to\":\"" + "a".repeat(2_000) + "\"}")
                  .body())
          .contains("above the 1000 that gateway.v1.Library/MoveBook allows");
      try (java.net.Socket socket = proxy.connect()) {
        socket
            .getOutputStream()
            .write("GET /v1/books/wait HTTP/1.1\r\nHost: a\r\n\r\n".getBytes(UTF_8));
        assertThat(library.handler.waiting.await(20, TimeUnit.SECONDS)).isTrue();
        assertThat(proxy.get("/v1/books/a").statusCode()).isEqualTo(429);
      }
    }
  }

  @Test
  void aServiceThatIsNotThereYetIsServedWhenItComes() throws Exception {
    int port = library.server.port();
    library.close();
    try (GatewayFixture proxy =
        GatewayFixture.proxy(
            often().forward("127.0.0.1:" + port, Contracts.reflection()).build(),
            server -> server)) {
      HttpResponse<String> early = proxy.get("/v1/books/a");
      assertThat(early.statusCode()).isEqualTo(503);
      assertThat(early.headers().firstValue("retry-after")).hasValue("1");
      assertThat(early.body()).doesNotContain("127.0.0.1");
      try (RpcServer late =
          RpcServer.builder("library")
              .host("127.0.0.1")
              .port(port)
              .service(LibraryRpc.bind(library.handler))
              .start()) {
        assertThat(late.port()).isEqualTo(port);
        assertThat(until(200, () -> proxy.get("/v1/books/a")).body()).contains("Über a");
      }
      // The contract stays in force; where the service is or was is not said.
      HttpResponse<String> gone = until(503, () -> proxy.get("/v1/books/a"));
      assertThat(gone.body())
          .contains("the service of gateway.v1.Library/GetBook cannot be reached")
          .doesNotContain("127.0.0.1");
    }
  }

  @Test
  void aServerWithoutReflectionIsNamedInTheLog() throws Exception {
    try (RpcServer silent =
            RpcServer.builder("silent")
                .host("127.0.0.1")
                .builtInServices(BuiltInService.HEALTH)
                .service(LibraryRpc.bind(library.handler))
                .start();
        io.fairlead.testkit.LogCapture log =
            io.fairlead.testkit.LogCapture.of("io.fairlead.gateway.internal.proxy.Backends");
        GatewayFixture proxy =
            GatewayFixture.proxy(
                Gateway.proxy("127.0.0.1:" + silent.port(), Contracts.reflection()),
                server -> server)) {
      assertThat(proxy.get("/v1/books/a").statusCode()).isEqualTo(503);
      assertThat(log.lines().toString())
          .contains(
              "the contracts of 127.0.0.1:" + silent.port() + " cannot be read",
              "or give a descriptor set");
    }
  }

  @Test
  void aDescriptorSetIsReadAgainWhenItChanges() throws Exception {
    Path file = directory.resolve("library.pb");
    write(file, "/v1/books/{name}");
    try (GatewayFixture proxy =
        GatewayFixture.proxy(
            often().forward(target(), Contracts.descriptorSet(file)).build(), server -> server)) {
      assertThat(proxy.get("/v1/books/a").body()).contains("Über a");
      assertThat(proxy.get("/v2/tomes/a").statusCode()).isEqualTo(404);
      // Half of a file, as a reader may find it.
      Files.write(file, new byte[] {10, 100, 1});
      assertThat(proxy.get("/v1/books/a").statusCode()).isEqualTo(200);
      write(file, "/v2/tomes/{name}");
      assertThat(until(200, () -> proxy.get("/v2/tomes/a")).body()).contains("Über a");
      assertThat(proxy.get("/v1/books/a").statusCode()).isEqualTo(404);
    }
  }

  @Test
  void aMethodThatAsksForScopesIsNotServedWhereNobodyChecksThem() throws Exception {
    Path file = directory.resolve("library.pb");
    write(
        file,
        "/v1/books/{name}",
        Policy.newBuilder().addAuthScopes("read").setDeadline("9s").build());
    Gateway gateway = Gateway.proxy(target(), Contracts.descriptorSet(file));
    try (io.fairlead.testkit.LogCapture log =
            io.fairlead.testkit.LogCapture.of("io.fairlead.gateway.internal.proxy.Backends");
        GatewayFixture open = GatewayFixture.proxy(gateway, server -> server)) {
      assertThat(open.get("/v1/books/a").statusCode()).isEqualTo(404);
      assertThat(log.lines().toString())
          .contains(
              "gateway.v1.Library of " + target() + " is not forwarded",
              "GetBook asks for the scopes [read], and nobody checks them");
    }
    List<String> scopes = new CopyOnWriteArrayList<>();
    Authorizer anybody =
        request -> {
          scopes.addAll(request.scopes());
          return CompletableFuture.completedFuture(
              new Authorizer.Verdict.Allowed(new Caller("ann", Set.of("read"))));
        };
    try (GatewayFixture guarded =
        GatewayFixture.proxy(gateway, server -> server.authorizer(anybody))) {
      // The deadline of the contract is that of the call behind the gateway.
      assertThat(guarded.get("/v1/books/a").body()).contains("has a deadline");
      assertThat(scopes).containsExactly("read");
      assertThat(guarded.get("/openapi.json").body())
          .contains("\"x-deadline\": \"9s\"", "\"securitySchemes\"");
    }
  }

  @Test
  void theDocumentSaysWhichCallsNeedNoToken() throws Exception {
    assertThat(securityOf(Policy.newBuilder().setPublic(true).build())).isEqualTo("[]");
    assertThat(securityOf(Policy.newBuilder().setPublic(false).build()))
        .isEqualTo("[{\"bearer\":[]}]");
  }

  private String securityOf(Policy policy) throws Exception {
    Path file = directory.resolve("library.pb");
    write(file, "/v1/books/{name}", policy);
    Authorizer anybody = Authorizer.byScopes(request -> new Caller("ann", Set.of()));
    try (GatewayFixture proxy =
        GatewayFixture.proxy(
            Gateway.proxy(target(), Contracts.descriptorSet(file)),
            server -> server.authorizer(anybody))) {
      return JsonParser.parseString(proxy.get("/openapi.json").body())
          .getAsJsonObject()
          .getAsJsonObject("paths")
          .getAsJsonObject("/v1/books/{name}")
          .getAsJsonObject("get")
          .get("security")
          .toString();
    }
  }

  @Test
  void oneRouteOfTwoServicesLeavesAllOthersInForce() throws Exception {
    Path file = directory.resolve("library.pb");
    write(file, "/v1/shelves/{name}/books");
    try (io.fairlead.testkit.LogCapture log =
            io.fairlead.testkit.LogCapture.of("io.fairlead.gateway.internal.GatewayService");
        GatewayFixture proxy =
            GatewayFixture.proxy(
                Gateway.proxy(target(), Contracts.descriptorSet(file)), server -> server)) {
      assertThat(log.lines().toString())
          .contains(
              "a route is left out: gateway.v1.Library/",
              "have the same route GET /v1/shelves/*/books; change one of them");
      assertThat(proxy.postJson("/v1/shelves/1/books/2:move", "{}").statusCode()).isEqualTo(200);
    }
  }

  @Test
  void aDescriptorSetThatCannotBeReadStopsTheStart() throws Exception {
    Path file = directory.resolve("none.pb");
    Gateway gateway = Gateway.proxy(target(), Contracts.descriptorSet(file));
    assertThatThrownBy(() -> GatewayFixture.proxy(gateway, server -> server))
        .hasMessageContaining("the descriptor set " + file + " cannot be read");
    Files.writeString(file, "no descriptors");
    assertThatThrownBy(() -> GatewayFixture.proxy(gateway, server -> server))
        .hasMessageContaining("is not a descriptor set; write it with protoc --include_imports");
  }

  @Test
  void everyServiceBelowAPrefixOfARegistryIsServedWithoutARestart() throws Exception {
    try (InMemoryRegistry registry = new InMemoryRegistry();
        GatewayFixture proxy =
            GatewayFixture.proxy(
                often().forwardAll(registry, "lib", Contracts.reflection()).build(),
                server -> server)) {
      assertThat(proxy.get("/v1/books/a").statusCode()).isEqualTo(404);
      try (RpcServer other = registered(registry, "other")) {
        assertThat(other.port()).isPositive();
        try (RpcServer late = registered(registry, "library")) {
          assertThat(late.port()).isPositive();
          assertThat(until(200, () -> proxy.get("/v1/books/a")).body()).contains("Über a");
        }
        // The other one has the same service; its name keeps it out.
        assertThat(until(503, () -> proxy.get("/v1/books/a")).body()).contains("cannot be reached");
      }
    }
  }

  private RpcServer registered(InMemoryRegistry registry, String name) {
    return RpcServer.builder(name)
        .host("127.0.0.1")
        .registry(registry)
        .allowLoopback()
        .timeouts(timeouts -> timeouts.deregistrationDelay(Duration.ZERO))
        .service(LibraryRpc.bind(library.handler))
        .start();
  }

  private interface Call {
    HttpResponse<String> send() throws Exception;
  }

  /** Calls until the status is as wanted. */
  private static HttpResponse<String> until(int status, Call call) throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    HttpResponse<String> response = call.send();
    while (response.statusCode() != status) {
      assertThat(System.nanoTime()).as(response.body()).isLessThan(end);
      response = call.send();
    }
    return response;
  }

  /** Writes the contract of the library with another route for GetBook. */
  private static void write(Path file, String route) throws IOException {
    write(file, route, Policy.getDefaultInstance());
  }

  private static void write(Path file, String route, Policy policy) throws IOException {
    Map<String, FileDescriptorProto> files = new LinkedHashMap<>();
    add(OptionsProto.getDescriptor(), files);
    add(io.fairlead.gateway.library.Line.getDescriptor().getFile(), files);
    FileDescriptorSet.Builder set = FileDescriptorSet.newBuilder();
    for (FileDescriptorProto each : files.values()) {
      FileDescriptorProto.Builder changed = each.toBuilder();
      for (var service : changed.getServiceBuilderList()) {
        changed.addDependency("fairlead/options.proto");
        service
            .getMethodBuilder(0)
            .setOptions(
                com.google.protobuf.DescriptorProtos.MethodOptions.newBuilder()
                    .setExtension(
                        com.google.api.AnnotationsProto.http,
                        com.google.api.HttpRule.newBuilder().setGet(route).build())
                    .setExtension(OptionsProto.method, policy));
      }
      set.addFile(changed);
    }
    Path whole = file.resolveSibling(file.getFileName() + ".new");
    Files.write(whole, set.build().toByteArray());
    Files.move(whole, file, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
  }

  private static void add(FileDescriptor file, Map<String, FileDescriptorProto> files) {
    file.getDependencies().forEach(each -> add(each, files));
    files.put(file.getName(), file.toProto());
  }

  private static GetBookRequest book(String name) {
    return GetBookRequest.newBuilder().setName(name).build();
  }

  private static Line line(String text) {
    return Line.newBuilder().setText(text).build();
  }
}
