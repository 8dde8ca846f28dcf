package io.fairlead.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;

/** The command in this process, with streams, an environment and a clock of its own. */
final class Cli {
  private final Map<String, String> environment = new HashMap<>();
  private InputStream in = InputStream.nullInputStream();
  private InstantSource clock = InstantSource.system();
  private boolean interactive;

  Cli with(String variable, String value) {
    environment.put(variable, value);
    return this;
  }

  Cli typing(String text) {
    in = new ByteArrayInputStream(text.getBytes(UTF_8));
    return this;
  }

  Cli at(InstantSource time) {
    clock = time;
    return this;
  }

  /** Lets the command think that a person looks. */
  Cli atATerminal() {
    interactive = true;
    return this;
  }

  static Cli of(Fleet fleet) {
    return new Cli().with("FAIRLEAD_REGISTRY", fleet.url());
  }

  static Cli operator(Fleet fleet) {
    return of(fleet).with("FAIRLEAD_TOKEN", Fleet.OPERATOR);
  }

  /** What a command wrote, and its exit code. */
  record Result(int exit, String out, String err) {}

  Result run(String... args) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int exit = run(new PrintStream(out, true, UTF_8), new PrintStream(err, true, UTF_8), args);
    return new Result(exit, out.toString(UTF_8), err.toString(UTF_8));
  }

  int run(PrintStream out, PrintStream err, String... args) {
    return Main.run(new Terminal(in, out, err, environment::get, clock, interactive), args);
  }
}
