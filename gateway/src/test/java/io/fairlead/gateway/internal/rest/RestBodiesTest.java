package io.fairlead.gateway.internal.rest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.api.HttpRule;
import com.google.protobuf.FieldMask;
import com.google.protobuf.TypeRegistry;
import io.fairlead.gateway.CallFixture;
import io.fairlead.gateway.internal.call.Gzip;
import io.fairlead.gateway.internal.call.Query;
import io.fairlead.gateway.internal.call.ServedMethod;
import io.fairlead.gateway.internal.json.JsonCodec;
import io.fairlead.gateway.library.Book;
import io.fairlead.gateway.library.LibraryRpc;
import io.fairlead.gateway.library.Line;
import io.fairlead.gateway.library.UpdateBookRequest;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerMethodDefinition;
import io.grpc.Status;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Bodies of REST: when requests are read, and where responses are compressed. */
class RestBodiesTest {
  private final CallFixture fixture = new CallFixture();
  private final JsonCodec json = new JsonCodec(TypeRegistry.getEmptyTypeRegistry());

  @Test
  void linesAreDecodedWhenTheHandlerAsksForThem() {
    AtomicInteger decoded = new AtomicInteger();
    List<ServerCall<Line, Line>> server = new ArrayList<>();
    LinesBody lines =
        new LinesBody(
            fixture.start(
                fixture.new Writer(),
                (given, headers) -> {
                  server.add(given);
                  given.request(1);
                  return fixture.new Listener();
                }),
            1 << 20,
            line -> {
              decoded.incrementAndGet();
              return json.read(Line.getDescriptor(), line);
            });
    lines.data(
        Unpooled.copiedBuffer("{\"text\":\"a\"}\n{\"text\":\"b\"}\nno JSON\n{\"text\":", UTF_8));
    assertThat(decoded).hasValue(1);
    assertThat(fixture.events).containsExactly("got a");
    server.get(0).request(1);
    assertThat(fixture.events).containsExactly("got a", "got b");
    server.get(0).request(1);
    assertThat(fixture.events).contains("closed INVALID_ARGUMENT", "cancelled");
  }

  @Test
  void aResponseIsCompressedByTheThreadThatSendsItAndNotByTheLoop() {
    fixture.headers.set("accept-encoding", "gzip");
    List<HttpHeaders> sent = new ArrayList<>();
    List<byte[]> body = new ArrayList<>();
    RestUnary writer =
        new RestUnary(
            fixture.new Exchange() {
              @Override
              public void respond(int status, HttpHeaders headers, ByteBuf content) {
                sent.add(headers);
                body.add(ByteBufUtil.getBytes(content));
              }
            },
            json,
            new RestEncoder(route("GetBook", "/v1/{name}"), json));
    byte[] plain = "x".repeat(5_000).getBytes(UTF_8);
    byte[] packed = writer.pack(plain);
    assertThat(packed.length).isLessThan(500);
    writer.headers(new Metadata());
    var unused = writer.message(packed);
    writer.close(Status.OK, new Metadata());
    assertThat(body.get(0)).isEqualTo(packed);
    assertThat(sent.get(0).get("content-encoding")).isEqualTo("gzip");
    assertThat(Gzip.decompress(body.get(0), 5_000)).isEqualTo(plain);
  }

  @Test
  void aMaskInThePathReplacesThatOfTheBody() throws Exception {
    Route route =
        route(
            "UpdateBook",
            HttpRule.newBuilder().setPatch("/v1/masked/{update_mask}").setBody("*").build());
    RequestBuilder request =
        new RequestBuilder(route, List.of("v1", "masked", "title"), Query.parse(""), json);
    byte[] body = "{\"book\":{\"title\":\"T\"},\"updateMask\":\"pages\"}".getBytes(UTF_8);
    assertThat(UpdateBookRequest.parseFrom(request.build(body, "application/json")))
        .isEqualTo(
            UpdateBookRequest.newBuilder()
                .setBook(Book.newBuilder().setTitle("T"))
                .setUpdateMask(FieldMask.newBuilder().addPaths("title"))
                .build());
  }

  private static Route route(String method, String path) {
    return route(method, HttpRule.newBuilder().setGet(path).build());
  }

  private static Route route(String method, HttpRule rule) {
    var schema = Line.getDescriptor().getFile().findServiceByName("Library");
    return Route.of(
        new ServedMethod(
            definition(
                LibraryRpc.service().descriptor().getMethods().stream()
                    .filter(each -> method.equals(each.getBareMethodName()))
                    .findFirst()
                    .orElseThrow()),
            schema.findMethodByName(method)),
        rule);
  }

  private static <Q, R> ServerMethodDefinition<Q, R> definition(MethodDescriptor<Q, R> method) {
    return ServerMethodDefinition.create(
        method, (call, headers) -> new ServerCall.Listener<Q>() {});
  }
}
