package io.fairlead.bench;

import io.fairlead.bench.v1.Payload;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Every kind of call once, server and client in one process: a test of each variant runs it, so
 * that a set-up that no longer works is found before it is measured.
 */
public final class Rehearsal {
  private static final int STREAM_MESSAGES = 10_000;
  private static final int PING_PONG_ROUNDS = 20;
  private static final int ASYNC_CALLS = 50;

  private final Variant variant;
  private final Wire wire;

  private Rehearsal(Variant variant, Wire wire) {
    this.variant = variant;
    this.wire = wire;
  }

  /** Of the variant that ServiceLoader finds under this name, in plaintext. */
  public static void plaintext(String variant) throws Exception {
    new Rehearsal(BenchProcess.find(variant), Wire.PLAINTEXT).run();
  }

  /** The same with TLS, with a certificate that is made in the directory. */
  public static void encrypted(String variant, Path directory) throws Exception {
    String files = TestCertificate.create(directory).get(0).substring("tls=".length());
    new Rehearsal(BenchProcess.find(variant), BenchProcess.wire(files)).run();
  }

  private void run() throws Exception {
    try (BenchServer server = variant.startServer(wire);
        BenchClient client = variant.connect(wire, server.port())) {
      blocking(client, Payloads.SMALL);
      blocking(client, Payloads.LARGE);
      async(client);
      long came = client.stream(Payloads.SMALL, STREAM_MESSAGES);
      check(came == STREAM_MESSAGES, came + " messages of a stream of " + STREAM_MESSAGES);
      client.pingPong(Payloads.SMALL, PING_PONG_ROUNDS);
      blocking(client, Payloads.SMALL);
    }
  }

  private void blocking(BenchClient client, Payload request) throws Exception {
    Payload answer = client.unary(request);
    check(answer.equals(request), "another answer than " + request.getId());
  }

  private static void async(BenchClient client) throws Exception {
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

  private void check(boolean holds, String otherwise) {
    if (!holds) {
      throw new IllegalStateException(variant.name() + " gave " + otherwise);
    }
  }
}
