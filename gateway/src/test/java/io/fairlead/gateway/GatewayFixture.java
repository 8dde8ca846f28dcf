package io.fairlead.gateway;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.fairlead.gateway.library.LibraryRpc;
import io.fairlead.server.RpcServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.function.UnaryOperator;

/** A server with a gateway, and clients that know nothing of gRPC. */
final class GatewayFixture implements AutoCloseable {
  static final String GET_BOOK = "/gateway.v1.Library/GetBook";

  final LibraryHandler handler = new LibraryHandler();
  final RpcServer server;
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  GatewayFixture() {
    this(server -> server);
  }

  GatewayFixture(UnaryOperator<RpcServer.Builder> change) {
    this(Gateway.standard(), change);
  }

  GatewayFixture(Gateway gateway, UnaryOperator<RpcServer.Builder> change) {
    this.server =
        change
            .apply(
                RpcServer.builder("library")
                    .host("127.0.0.1")
                    .service(LibraryRpc.bind(handler))
                    .gateway(gateway))
            .start();
  }

  private GatewayFixture(RpcServer server) {
    this.server = server;
  }

  /** Starts a server without services of its own. */
  static GatewayFixture proxy(Gateway gateway, UnaryOperator<RpcServer.Builder> change) {
    return new GatewayFixture(
        change.apply(RpcServer.builder("proxy").host("127.0.0.1").gateway(gateway)).start());
  }

  HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path));
  }

  HttpResponse<String> post(String path, String body, String... headers) throws Exception {
    return send("POST", path, body, headers);
  }

  HttpResponse<String> postJson(String path, String body) throws Exception {
    return send("POST", path, body, "content-type", "application/json");
  }

  HttpResponse<String> get(String path, String... headers) throws Exception {
    return send("GET", path, "", headers);
  }

  HttpResponse<String> send(String method, String path, String body, String... headers)
      throws Exception {
    HttpRequest.Builder request =
        request(path)
            .method(
                method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return http.send(request.build(), BodyHandlers.ofString());
  }

  HttpResponse<byte[]> postBytes(String path, byte[] body, String... headers) throws Exception {
    return http.send(
        request(path).headers(headers).POST(BodyPublishers.ofByteArray(body)).build(),
        BodyHandlers.ofByteArray());
  }

  /** Sends bytes as they are, and returns all that comes until the server closes. */
  String sendRaw(String request) throws IOException {
    try (Socket socket = connect()) {
      OutputStream out = socket.getOutputStream();
      out.write(request.replace("\n", "\r\n").getBytes(ISO_8859_1));
      out.flush();
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  Socket connect() throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
    socket.setSoTimeout(20_000);
    return socket;
  }

  @Override
  public void close() {
    server.close();
  }
}
