package io.fairlead.samples.gateway;

import io.fairlead.client.RpcChannel;
import io.fairlead.gateway.Gateway;
import io.fairlead.samples.gateway.books.BooksRpc;
import io.fairlead.samples.gateway.books.GetBookRequest;
import io.fairlead.server.RpcServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;

/** Starts a server with a gateway, and calls it as four kinds of client do. */
final class GatewaySample {
  private static final String ISBN = "9780142437247";

  private final PrintStream out;
  private final HttpClient http = HttpClient.newHttpClient();

  GatewaySample(PrintStream out) {
    this.out = out;
  }

  public static void main(String[] args) throws Exception {
    new GatewaySample(System.out).play(8080, List.of(args).contains("--stay"));
  }

  void play(int port, boolean stay) throws Exception {
    byte[] page = page();
    Gateway gateway =
        Gateway.builder()
            .handler("/", exchange -> exchange.respond(200, "text/html; charset=utf-8", page))
            .build();
    try (RpcServer server =
            RpcServer.builder("books")
                .port(port)
                .service(BooksRpc.bind(new Shelf()))
                .gateway(gateway)
                .start();
        RpcChannel channel =
            RpcChannel.to("dns:///localhost:" + server.port())
                .service(BooksRpc.service())
                .build()) {
      out.println(
          "gRPC:    "
              + BooksRpc.client(channel)
                  .getBook(GetBookRequest.newBuilder().setIsbn(ISBN).build())
                  .getTitle());
      String base = "http://localhost:" + server.port();
      out.println("Connect: " + post(base + "/gatewaysample.v1.Books/GetBook", ISBN));
      out.println("REST:    " + get(base + "/v1/books/" + ISBN));
      out.println("stream:  " + get(base + "/v1/books/" + ISBN + "/lines").replace("\n", ""));
      out.println("error:   " + get(base + "/v1/books/1"));
      out.println("page:    " + get(base + "/").lines().findFirst().orElse(""));
      if (stay) {
        out.println("open " + base + "/ in a browser; stop with Ctrl-C");
        server.awaitClosed();
      }
    }
  }

  private static byte[] page() throws IOException {
    try (InputStream in = GatewaySample.class.getResourceAsStream("/page.html")) {
      if (in == null) {
        throw new IOException("page.html is not on the class path");
      }
      return in.readAllBytes();
    }
  }

  private String post(String url, String isbn) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(url))
            .header("content-type", "application/json")
            .POST(BodyPublishers.ofString("{\"isbn\":\"" + isbn + "\"}"))
            .build();
    return http.send(request, BodyHandlers.ofString()).body();
  }

  private String get(String url) throws Exception {
    return http.send(HttpRequest.newBuilder(URI.create(url)).build(), BodyHandlers.ofString())
        .body();
  }
}
