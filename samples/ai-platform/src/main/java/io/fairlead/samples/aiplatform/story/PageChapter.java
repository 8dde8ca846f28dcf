package io.fairlead.samples.aiplatform.story;

import io.fairlead.samples.aiplatform.api.image.Image;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;

/** A person opens the page in a browser, draws a digit, and gives it a file. */
final class PageChapter {
  private final Screen screen;
  private final TestImages test;
  private final Tokens tokens;
  private final GatewayClient client;

  PageChapter(Screen screen, TestImages test, Tokens tokens, GatewayClient client) {
    this.screen = screen;
    this.test = test;
    this.tokens = tokens;
    this.client = client;
  }

  /**
   * @param folder where the pictures go
   */
  void play(Path program, Path folder)
      throws IOException, GeneralSecurityException, InterruptedException {
    screen.line("");
    screen.line("Page");
    String token = tokens.token("vision.classify", Duration.ofMinutes(5));
    URI url = URI.create(client.base().resolve("/") + "#" + token);
    try (Browser browser = Browser.open(program, folder.resolve("browser"), url)) {
      browser.ellipse("pad", 0.4, 0.7);
      browser.click("ask");
      String drawn = answer(browser, folder.resolve("page-drawn.png"));
      screen.check(
          drawn.startsWith("0, with a confidence of ") && drawn.contains("Answered by model-"),
          "an ellipse was drawn on the page: \"%s\"",
          drawn);
      Image image = test.images().get(1);
      Path file = folder.resolve("digit.png");
      Files.write(file, image.getContent().toByteArray());
      browser.choose("file", file);
      String chosen = answer(browser, folder.resolve("page-file.png"));
      screen.check(
          chosen.startsWith(image.getLabel() + ", with a confidence of "),
          "a file with a %d was chosen: \"%s\"",
          image.getLabel(),
          chosen);
      // The same file again would be no change.
      Path other = folder.resolve("seven.png");
      Files.writeString(other, "seven");
      browser.choose("file", other);
      String refused = answer(browser, folder.resolve("page-refused.png"));
      screen.check(
          refused.contains("are no image of a known format"),
          "a file that is no image was chosen: \"%s\"",
          refused);
      String unused = browser.evaluate("document.getElementById('token').value = 'x'");
      browser.click("ask");
      String denied = answer(browser, folder.resolve("page-denied.png"));
      screen.check(denied.contains("token"), "with a token that is none: \"%s\"", denied);
      screen.line("  what the page looked like is in %s", folder);
    }
  }

  /** Waits for the answer, keeps a picture of it, and takes it away so that the next is seen. */
  private static String answer(Browser browser, Path picture)
      throws IOException, InterruptedException {
    browser.awaitTrue("document.getElementById('answer').textContent !== ''");
    browser.picture(picture);
    return browser.evaluate(
        "(() => { const answer = document.getElementById('answer'); const text ="
            + " answer.textContent; answer.textContent = ''; return text; })()");
  }
}
