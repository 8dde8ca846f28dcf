package io.fairlead.bench;

import io.fairlead.bench.v1.Payload;

/**
 * A client of a variant, written as a user of that framework would write it. Many threads use it.
 */
public interface BenchClient extends AutoCloseable {
  /** One unary call; returns when the answer is there. */
  Payload unary(Payload request) throws Exception;

  /** One unary call; {@code done} hears of its end, on any thread. */
  void unaryAsync(Payload request, Completion done);

  /** Reads a stream of this many messages to its end, by callbacks; returns how many came. */
  long observe(Payload message, int messages) throws Exception;

  /** The same on this thread, message by message; by callbacks where a framework has no reader. */
  default long stream(Payload message, int messages) throws Exception {
    return observe(message, messages);
  }

  /** Sends and awaits this many messages over one call, one after the other. */
  void pingPong(Payload message, int rounds) throws Exception;

  /** Opens a stream in both directions, one message to and fro, and leaves it open. */
  void holdStream(Payload message) throws Exception;

  @Override
  void close();
}
