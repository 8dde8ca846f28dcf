package io.fairlead.contract;

import static io.fairlead.contract.EchoLoopback.number;

import com.google.protobuf.Int64Value;
import io.fairlead.Source;
import io.fairlead.client.RpcChannel;
import io.fairlead.server.RpcServer;
import java.util.concurrent.atomic.AtomicLong;

/** A program of its own, for a small heap: streams a million messages there, and a million back. */
final class MillionMessages {
  private static final long MANY = 1_000_000;

  private MillionMessages() {}

  public static void main(String[] args) {
    AtomicLong produced = new AtomicLong();
    Echo handler =
        new Echo() {
          @Override
          public Source<Int64Value> count(Int64Value request) {
            return Source.from(
                out -> {
                  for (long i = 0; i < request.getValue(); i++) {
                    out.send(number(i));
                    produced.set(i + 1);
                  }
                });
          }

          @Override
          public Int64Value sum(Source<Int64Value> requests) {
            long sum = 0;
            for (Int64Value request : requests) {
              sum += request.getValue();
            }
            return number(sum);
          }
        };
    try (RpcServer server =
            RpcServer.builder("million").port(0).service(EchoRpc.bind(handler)).start();
        RpcChannel channel =
            RpcChannel.to("127.0.0.1:" + server.port()).flowControlWindow(64 * 1024).build()) {
      Echo echo = EchoRpc.client(channel);
      System.out.println("received " + receive(echo, produced));
      System.out.println("sent " + send(echo));
    }
  }

  private static String receive(Echo echo, AtomicLong produced) {
    long read = 0;
    long mostAhead = 0;
    try (Source<Int64Value> numbers = echo.count(number(MANY))) {
      for (Int64Value number : numbers) {
        if (number.getValue() != read) {
          throw new AssertionError("number " + number.getValue() + " came as the " + read + "th");
        }
        read++;
        mostAhead = Math.max(mostAhead, produced.get() - read);
      }
    }
    return read + " mostAhead " + mostAhead;
  }

  private static long send(Echo echo) {
    Source<Int64Value> ones =
        Source.from(
            out -> {
              for (long i = 0; i < MANY; i++) {
                out.send(number(1));
              }
            });
    return echo.sum(ones).getValue();
  }
}
