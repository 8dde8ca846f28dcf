package io.fairlead.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;

/** What a client's process can be told to do. */
final class Commands {
  private final BenchClient client;
  private final Callable<BenchClient> another;
  private final List<BenchClient> held = new ArrayList<>();

  /**
   * @param another connects one more client of the same kind
   */
  Commands(BenchClient client, Callable<BenchClient> another) {
    this.client = client;
    this.another = another;
  }

  String answer(String line) throws Exception {
    Map<String, String> fields = Fields.parse(line);
    return switch (line.split(" ", 2)[0]) {
      case "closed" ->
          ClosedLoop.run(client, Load.parse(Fields.text(fields, "load")), length(fields)).encode();
      case "open" -> OpenLoop.run(client, Fields.number(fields, "rate"), length(fields)).encode();
      case "hold" -> hold(Fields.text(fields, "what"), Fields.number(fields, "count"));
      case "rehearse" -> {
        Rehearsal.run(client);
        yield "rehearsed";
      }
      default -> throw new IllegalArgumentException("Not a command for a client: " + line);
    };
  }

  private String hold(String what, long count) throws Exception {
    for (long i = 0; i < count; i++) {
      if (what.equals("streams")) {
        client.holdStream(Payloads.SMALL);
      } else {
        BenchClient connected = another.call();
        connected.unary(Payloads.SMALL);
        held.add(connected);
      }
    }
    return "held";
  }

  private static Duration length(Map<String, String> fields) {
    return Duration.ofMillis(Fields.number(fields, "millis"));
  }
}
