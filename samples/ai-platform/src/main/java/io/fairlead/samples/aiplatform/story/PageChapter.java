package io.fairlead.samples.aiplatform.story;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.fairlead.samples.aiplatform.api.image.Image;
import io.fairlead.samples.aiplatform.common.ServiceProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/** A person opens the page in a browser, draws a digit, and gives it a file. */
final class PageChapter {
  /** The methods that an image passes, in four processes. */
  private static final Set<String> WAY =
      Set.of(
          "vision.gateway.v1.Vision/Classify",
          "vision.preprocess.v1.Preprocess/Normalize",
          "vision.features.v1.Features/Extract",
          "inference.GRPCInferenceService/ModelInfer");

  private final Platform platform;
  private final Screen screen;
  private final TestImages test;
  private final Tokens tokens;
  private final GatewayClient client;

  PageChapter(
      Platform platform, Screen screen, TestImages test, Tokens tokens, GatewayClient client) {
    this.platform = platform;
    this.screen = screen;
    this.test = test;
    this.tokens = tokens;
    this.client = client;
  }

  /**
   * @param folder where the pictures go
   */
  void play(Path folder) throws IOException, GeneralSecurityException, InterruptedException {
    screen.line("");
    screen.line("Page");
    String token = tokens.token("vision.classify", Duration.ofMinutes(5));
    URI url = URI.create(client.base().resolve("/") + "#" + token);
    String pin = platform.certificates().map(each -> each.pin("gateway-1")).orElse("");
    try (DigitPage page = DigitPage.open(folder.resolve("browser"), url, pin)) {
      page.ellipse("pad", 0.4, 0.7);
      page.click("ask");
      String drawn = answer(page, folder.resolve("page-drawn.png"));
      screen.check(
          drawn.startsWith("0, with a confidence of ") && drawn.contains("Answered by model-"),
          "an ellipse was drawn on the page: \"%s\"",
          drawn);
      follow(page.text("trace"));
      written(page, folder.resolve("page-written.png"));
      Image image = test.images().get(1);
      Path file = folder.resolve("digit.png");
      Files.write(file, image.getContent().toByteArray());
      page.choose("file", file);
      String chosen = answer(page, folder.resolve("page-file.png"));
      screen.check(
          chosen.startsWith(image.getLabel() + ", with a confidence of "),
          "a file with a %d was chosen: \"%s\"",
          image.getLabel(),
          chosen);
      // The same file again would be no change.
      Path other = folder.resolve("seven.png");
      Files.writeString(other, "seven");
      page.choose("file", other);
      String refused = answer(page, folder.resolve("page-refused.png"));
      screen.check(
          refused.contains("are no image of a known format"),
          "a file that is no image was chosen: \"%s\"",
          refused);
      String unused = page.evaluate("document.getElementById('token').value = 'x'");
      page.click("ask");
      String denied = answer(page, folder.resolve("page-denied.png"));
      screen.check(denied.contains("token"), "with a token that is none: \"%s\"", denied);
      screen.line("  what the page looked like is in %s", folder);
    }
  }

  /** The same text again and again: what a server has read once comes from its cache. */
  private void written(DigitPage page, Path picture) throws IOException, InterruptedException {
    String unused =
        page.evaluate(
            "document.getElementById('prompt').value = 'A server that is stopped says so. '"
                + ".repeat(4)");
    write(page);
    String first = read(page);
    String last = first;
    // While the gateway connects to the second server, the first one gets all.
    for (int i = 0; i < 2 && !last.contains(" 128 of them"); i++) {
      write(page);
      last = read(page);
    }
    page.picture(picture);
    int length = page.text("written").length();
    screen.check(
        length == 336
            && first.contains(" 0 of them from its cache")
            && last.contains(" 128 of them from its cache"),
        "a text of 136 characters was written on to %d: \"%s\", and then \"%s\"",
        length,
        first,
        last);
  }

  private static String read(DigitPage page) throws InterruptedException {
    return page.text("read");
  }

  private static void write(DigitPage page) throws InterruptedException {
    page.click("write");
    page.awaitDone("written");
  }

  /** Looks for the click in the logs of all processes, by the id of the trace that it began. */
  private void follow(String shown) throws IOException, InterruptedException {
    String trace = shown.substring(shown.lastIndexOf(' ') + 1);
    Map<String, String> found = new TreeMap<>();
    platform.await(
        "the lines of the trace " + trace,
        () -> {
          found.clear();
          lines(trace).forEach(line -> found.put(method(line), line.get("total_ms") + " ms"));
          return found.keySet().equals(WAY);
        });
    screen.check(true, "one trace from the click to the model, %s: %s", trace, found);
  }

  private static String method(JsonObject line) {
    return line.get("method").getAsString();
  }

  private List<JsonObject> lines(String trace) {
    List<JsonObject> found = new ArrayList<>();
    for (String id :
        List.of("gateway-1", "preprocess-1", "preprocess-2", "features-1", "model-3")) {
      Path log = platform.fleet().folder(id).resolve(ServiceProcess.CALLS);
      try (Stream<String> lines = Files.lines(log)) {
        // The last line may be half written.
        lines
            .filter(line -> line.contains(trace) && line.endsWith("}"))
            .map(line -> JsonParser.parseString(line).getAsJsonObject())
            .forEach(found::add);
      } catch (NoSuchFileException e) {
        // It has answered no call yet.
      } catch (IOException e) {
        throw new UncheckedIOException("cannot read " + log, e);
      }
    }
    return found;
  }

  /** Waits for the answer to what was just asked, and keeps a picture of it. */
  private static String answer(DigitPage page, Path picture)
      throws IOException, InterruptedException {
    page.awaitDone("answer");
    page.picture(picture);
    return page.text("answer");
  }
}
