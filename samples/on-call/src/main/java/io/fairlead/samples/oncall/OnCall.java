package io.fairlead.samples.oncall;

import io.fairlead.testkit.Browser;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Opens the shop and goes on duty. Exits with 0 only if each step came true. */
final class OnCall {
  private OnCall() {}

  public static void main(String[] args) throws Exception {
    List<String> options = List.of(args);
    int pictures = options.indexOf("--pictures");
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    if (pictures >= 0 && pictures + 1 >= options.size()) {
      out.println("--pictures needs a folder; samples/run on-call --help tells more");
      System.exit(2);
    }
    if (!Browser.isInstalled()) {
      out.println("Chromium is missing; install it: apt-get install chromium");
      System.exit(3);
    }
    System.exit(play(out, pictures < 0 ? null : Path.of(options.get(pictures + 1))) ? 0 : 1);
  }

  private static boolean play(PrintStream out, @Nullable Path pictures) throws Exception {
    Path sample = Path.of(System.getProperty("sample.folder", ".")).toAbsolutePath();
    Path logs = Path.of(System.getProperty("sample.logs", "target/logs")).toAbsolutePath();
    String token = UUID.randomUUID().toString();
    try (Shop shop = new Shop(logs, token)) {
      Runtime.getRuntime().addShutdownHook(new Thread(shop::closeProcesses, "no-process-is-left"));
      Command command =
          new Command(
              out,
              sample.resolve("../../cli/src/main/sh/fairlead").normalize(),
              Map.of(
                  "JAVA_HOME", System.getProperty("java.home"),
                  "FAIRLEAD_REGISTRY", shop.url(),
                  "FAIRLEAD_TOKEN", token,
                  "FAIRLEAD_AUTHOR", "ann",
                  "FAIRLEAD_CACHE", sample.resolve("target/fairlead").toString()));
      out.println(
          "The shop opens: an inventory of three processes, a checkout, 20 orders a second.");
      // Its first start makes an archive of classes, which is no part of the duty.
      Command.Output version = command.quietly("--version");
      if (version.exit() != 0) {
        out.println("✗ the command does not start: " + version.text());
        return false;
      }
      shop.open();
      try (Page page =
          new Page(
              out,
              Files.createDirectories(logs.resolve("browser")),
              shop.console(),
              token,
              pictures)) {
        return new Duty(out, shop, command, page).go();
      }
    } catch (IllegalStateException | AssertionError e) {
      out.println("✗ " + e.getMessage());
      out.println("  the logs of the processes are in " + logs);
      return false;
    }
  }
}
