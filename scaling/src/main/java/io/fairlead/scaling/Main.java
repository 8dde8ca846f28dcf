package io.fairlead.scaling;

import java.util.Arrays;
import java.util.concurrent.CountDownLatch;

/**
 * The decider as a process: {@code fairlead scale --service S --capacity C}. Several may run; one
 * of them decides at a time.
 */
public final class Main {
  private Main() {}

  /** Runs until the process is ended. A mistake in the arguments ends it with status 2. */
  public static void main(String[] args) throws InterruptedException {
    if (Arrays.asList(args).contains("--help")) {
      System.out.print(ScaleOptions.help());
      return;
    }
    ScaleCommand command;
    try {
      command = ScaleCommand.start(ScaleOptions.parse(args), System.out);
    } catch (IllegalArgumentException | IllegalStateException e) {
      System.err.println("fairlead scale: " + e.getMessage());
      System.err.println("fairlead scale --help names the options");
      System.exit(2);
      return;
    }
    Runtime.getRuntime().addShutdownHook(new Thread(command::close, "fairlead-scale-end"));
    new CountDownLatch(1).await();
  }
}
