package io.fairlead.conformance;

import connectrpc.conformance.v1.ClientCompat.ClientCompatRequest;
import connectrpc.conformance.v1.ClientCompat.ClientCompatResponse;
import connectrpc.conformance.v1.ClientCompat.ClientErrorResult;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The client under test. It reads on the standard input which calls to make, and writes to the
 * standard output what came of each.
 *
 * <p>Its argument: {@code blocking} or {@code async} for the generated clients, {@code stock} for
 * grpc-java without Fairlead.
 */
public final class ConformanceClient {
  /** Most cases wait for a pause that the suite asks for. */
  private static final int AT_ONCE = 8;

  private final Calls calls;
  private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();

  private ConformanceClient(Calls calls) {
    this.calls = calls;
  }

  /** How one kind of client makes its calls. */
  interface Calls {
    /** Begins the call that a case asks for. */
    Conversation open(ClientCompatRequest wanted) throws IOException;
  }

  /** Runs all cases. */
  public static void main(String[] args) throws IOException, InterruptedException {
    String mode = args.length == 0 ? "" : args[0];
    Calls calls =
        switch (mode) {
          case "blocking" -> new BlockingCalls(new Channels());
          case "async" -> new AsyncCalls(new Channels());
          case "stock" -> new StockCalls();
          default ->
              throw new IllegalArgumentException("usage: ConformanceClient blocking|async|stock");
        };
    Warmup.client(calls);
    new ConformanceClient(calls).runAll(System.out);
    System.exit(0);
  }

  private void runAll(PrintStream out) throws IOException, InterruptedException {
    ExecutorService threads = Executors.newFixedThreadPool(AT_ONCE);
    for (ClientCompatRequest wanted = next(); wanted != null; wanted = next()) {
      ClientCompatRequest one = wanted;
      threads.execute(() -> write(run(one), out));
    }
    threads.shutdown();
    threads.awaitTermination(1, TimeUnit.HOURS);
  }

  private static @Nullable ClientCompatRequest next() throws IOException {
    return Delimited.read(System.in, ClientCompatRequest.parser());
  }

  private ClientCompatResponse run(ClientCompatRequest wanted) {
    ClientCompatResponse.Builder response =
        ClientCompatResponse.newBuilder().setTestName(wanted.getTestName());
    try {
      return response.setResponse(new Script(wanted, calls.open(wanted), timer).run()).build();
    } catch (IOException | RuntimeException e) {
      return response.setError(ClientErrorResult.newBuilder().setMessage(e.toString())).build();
    }
  }

  private static void write(ClientCompatResponse response, PrintStream out) {
    synchronized (out) {
      try {
        Delimited.write(response, out);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
