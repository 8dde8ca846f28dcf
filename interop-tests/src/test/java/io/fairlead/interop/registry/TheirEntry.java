package io.fairlead.interop.registry;

import io.fairlead.interop.peer.Program;
import java.util.regex.Pattern;

/** A program of others that has an address in a registry. Closed, it dies without a word. */
final class TheirEntry implements AutoCloseable {
  private static final Pattern ENTERED = Pattern.compile("^ENTERED$");

  private final Program program;
  private int saidBefore;

  TheirEntry(Program program) {
    this.program = program;
  }

  /** Asks it to put the address in; does not wait. */
  void enter() {
    say("enter");
  }

  /** Asks it to take the address out; does not wait. */
  void leave() {
    say("leave");
  }

  private void say(String word) {
    saidBefore = program.lines().size();
    program.say(word);
  }

  /** Waits until it has entered, as it was asked last. */
  void awaitEntered() {
    program.await(ENTERED, saidBefore);
  }

  @Override
  public void close() {
    program.close();
  }
}
