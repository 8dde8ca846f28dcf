package io.fairlead.console;

import io.fairlead.discovery.Registration;
import io.fairlead.testkit.Browser;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Takes the pictures of docs/console.md again: give it their folder. */
final class Pictures {
  private Pictures() {}

  /** Takes them. */
  public static void main(String[] arguments) throws Exception {
    Path folder = Path.of(arguments[0]);
    Path profile = Files.createTempDirectory("pictures");
    try (FleetFixture fleet = new FleetFixture("1.5.0-rc1");
        Browser browser = Browser.start(profile)) {
      Registration scaler = ScalingViewTest.announce(fleet.registry, "inventory", "");
      Thread load = new Thread(() -> call(fleet), "load");
      load.setDaemon(true);
      load.start();
      browser.command(
          "Emulation.setDeviceMetricsOverride",
          Map.of("width", 1360, "height", 900, "deviceScaleFactor", 1, "mobile", false));
      browser.open(URI.create(fleet.uri("") + "#token=" + ShopProcess.OPERATOR));
      browser.await("document.querySelector('svg .edge-label')");
      Thread.sleep(Long.getLong("pictures.wait", 65_000));
      String trace = trace(fleet);
      for (String colours : List.of("light", "dark")) {
        browser.evaluate(
            "(() => { const t = document.getElementById('theme'); t.value = '"
                + colours
                + "'; t.dispatchEvent(new Event('change')); })()");
        take(browser, fleet, "/system", "svg .edge-label", folder, "system-" + colours);
        take(
            browser,
            fleet,
            "/methods/" + FleetFixture.METHOD,
            "fl-chart canvas",
            folder,
            "method-" + colours);
        take(browser, fleet, "/scaling", "section td", folder, "scaling-" + colours);
        take(browser, fleet, "/traces/" + trace, ".story pre", folder, "trace-" + colours);
        browser.open(
            fleet.uri(
                "/try?instance=inventory/inv-1&requests=%7B%22sku%22%3A%229780142437247%22%7D&method="
                    + FleetFixture.METHOD));
        browser.click("form.try button");
        browser.await("document.getElementById('try-result').innerText.includes('OK after')");
        browser.picture(folder.resolve("try-" + colours + ".png"));
      }
      System.out.println(browser.complaints());
      scaler.close();
    }
    System.exit(0);
  }

  private static void take(
      Browser browser, FleetFixture fleet, String path, String sign, Path folder, String name)
      throws Exception {
    browser.open(fleet.uri(path));
    browser.await("document.querySelector(" + Browser.quoted(sign) + ")");
    browser.picture(folder.resolve(name + ".png"));
  }

  private static String trace(FleetFixture fleet) throws Exception {
    String calls = fleet.get("/calls?kind=failed", "text/plain", ShopProcess.READER).body();
    return calls
        .lines()
        .filter(line -> line.contains(" server "))
        .filter(line -> line.matches(".* [0-9a-f]{32}"))
        .skip(3)
        .findFirst()
        .orElseThrow()
        .replaceAll(".* ", "");
  }

  private static void call(FleetFixture fleet) {
    for (int i = 0; ; i++) {
      try {
        fleet.call((i % 50 == 7 ? "broken-" : "sku-") + i % 400);
        Thread.sleep(i / 200 % 3 * 2 + 1);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      } catch (RuntimeException e) {
        // Some articles are on no shelf.
      }
    }
  }
}
