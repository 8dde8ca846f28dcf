package io.fairlead.bench;

import io.fairlead.bench.v1.Payload;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Every kind of call once, between a server and a client that are processes as in a measured run. A
 * test of each peer runs it, so that a set-up that no longer works is found before it is measured.
 */
public final class Rehearsal {
  private static final int STREAM_MESSAGES = 10_000;
  private static final int PING_PONG_ROUNDS = 20;
  private static final int ASYNC_CALLS = 50;

  private final BenchClient client;

  private Rehearsal(BenchClient client) {
    this.client = client;
  }

  /**
   * Of the variant that ServiceLoader finds under this name, in plaintext.
   *
   * @param directory for the log of the two processes
   */
  public static void plaintext(String variant, Path directory) throws IOException {
    between(variant, List.of(), directory);
  }

  /**
   * The same with TLS.
   *
   * @param directory for the log of the two processes and a certificate that is made for them
   */
  public static void encrypted(String variant, Path directory) throws IOException {
    between(variant, TestCertificate.create(directory), directory);
  }

  private static void between(String variant, List<String> tls, Path directory) throws IOException {
    JavaRun java =
        new JavaRun(
            Path.of(System.getProperty("java.home")),
            System.getProperty("java.class.path"),
            /* touched= */ false);
    Path log = directory.resolve(variant + ".log");
    List<String> arguments = new ArrayList<>(List.of("server", variant, "instances=1"));
    arguments.addAll(tls);
    try (Child server = Child.start("server", java, arguments, log)) {
      arguments.set(0, "client");
      arguments.add(server.firstAnswer());
      try (Child client = Child.start("client", java, arguments, log)) {
        client.ask("rehearse");
      }
    } catch (IOException | RuntimeException e) {
      String said = Files.exists(log) ? Files.readString(log) : "";
      throw new IOException("The rehearsal of " + variant + " failed: " + said, e);
    }
  }

  /** Makes the calls; throws when one fails or gives another answer than it should. */
  static void run(BenchClient client) {
    try {
      new Rehearsal(client).run();
    } catch (Exception e) {
      throw new IllegalStateException("A call of the rehearsal failed", e);
    }
  }

  private void run() throws Exception {
    blocking(Payloads.SMALL);
    blocking(Payloads.large(1));
    async();
    all(client.stream(Payloads.SMALL, STREAM_MESSAGES));
    all(client.observe(Payloads.SMALL, STREAM_MESSAGES));
    client.pingPong(Payloads.SMALL, PING_PONG_ROUNDS);
    client.holdStream(Payloads.SMALL);
    blocking(Payloads.SMALL);
  }

  private static void all(long came) {
    check(came == STREAM_MESSAGES, came + " messages of a stream of " + STREAM_MESSAGES);
  }

  private void blocking(Payload request) throws Exception {
    check(client.unary(request).equals(request), "another answer than " + request.getId());
  }

  private void async() throws Exception {
    CompletableFuture<?>[] calls = new CompletableFuture<?>[ASYNC_CALLS];
    for (int i = 0; i < ASYNC_CALLS; i++) {
      CompletableFuture<@Nullable Void> ended = new CompletableFuture<>();
      calls[i] = ended;
      client.unaryAsync(
          Payloads.SMALL,
          failure -> {
            if (failure == null) {
              ended.complete(null);
            } else {
              ended.completeExceptionally(failure);
            }
          });
    }
    CompletableFuture.allOf(calls).get(60, TimeUnit.SECONDS);
  }

  private static void check(boolean holds, String otherwise) {
    if (!holds) {
      throw new IllegalStateException("There came " + otherwise);
    }
  }

  /** Calls the REST service of a variant once, as {@code bench/one-core/run --rest} does. */
  public static void rest(Variant variant) throws Exception {
    try (BenchServer server = variant.startServer(Wire.PLAINTEXT)) {
      HttpResponse<String> response =
          HttpClient.newHttpClient()
              .send(
                  HttpRequest.newBuilder(
                          URI.create("http://127.0.0.1:" + server.port() + "/v1/echo"))
                      .header("content-type", "application/json")
                      .POST(HttpRequest.BodyPublishers.ofString("{\"id\":\"a\",\"marks\":[1]}"))
                      .build(),
                  HttpResponse.BodyHandlers.ofString());
      if (response.statusCode() != 200 || !response.body().contains("\"a\"")) {
        throw new IllegalStateException(
            variant.name() + " answered " + response.statusCode() + " " + response.body());
      }
    }
  }
}
