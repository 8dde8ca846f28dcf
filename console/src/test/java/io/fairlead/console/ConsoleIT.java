package io.fairlead.console;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.testkit.Await;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The console in Chromium: views are opened and read, and an endpoint is drained under load. */
@Timeout(180)
class ConsoleIT {
  private static final String METHOD = "shop.v1.Inventory/Reserve";

  /** Runs as a script, if a page takes it for markup. */
  private static final String HOSTILE =
      "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>";

  @TempDir Path folder;
  private FleetFixture fleet;
  private Browser browser;

  @BeforeEach
  void start() throws Exception {
    fleet = new FleetFixture(HOSTILE);
    browser = Browser.start(folder);
  }

  @AfterEach
  void stop() throws Exception {
    if (browser != null) {
      browser.close();
    }
    fleet.close();
  }

  private void signIn(String path) throws Exception {
    browser.open(URI.create(fleet.uri(path) + "#token=" + ShopProcess.OPERATOR));
  }

  private void awaitText(String... parts) throws InterruptedException {
    for (String part : parts) {
      browser.await(
          "document.getElementById('main').innerText.includes(" + Browser.quoted(part) + ")");
    }
  }

  @Test
  void onCallSeesTheFleetAndDrainsAnEndpointWhileNoCallFails() throws Exception {
    try (Calls load = new Calls(fleet, 2)) {
      load.await(50);
      browser.open(fleet.uri(""));
      awaitText("Who are you?", "does not know the caller");
      browser.type("input[name=token]", ShopProcess.OPERATOR);
      browser.click("main form button");
      awaitText("System", "inv-1", "inv-2", "checkout", HOSTILE);
      browser.await("document.querySelector('svg .edge-label')?.textContent.includes('/s')");
      browser.click("button[aria-label='Actions on inventory/inv-1']");
      browser.type("dialog input[name=reason]", "new disk");
      browser.click("dialog button[value=drain]");
      browser.await(
          "document.getElementById('notice').textContent.includes('drain of inventory/inv-1: done')");
      awaitText("draining");
      Await.until("checkout knows", () -> fleet.isDrained("inv-1"));
      // Those for which the endpoint was chosen before are served: one of each thread.
      load.await(4);
      long before = fleet.firstHandler.reserved.get();
      load.await(100);
      assertThat(fleet.firstHandler.reserved).hasValue(before);
      browser.click("button[aria-label='Actions on inventory/inv-1']");
      browser.click("dialog button[value=undrain]");
      browser.await(
          "document.getElementById('notice').textContent.includes('undrain of inventory/inv-1: done')");
      load.await(50);
      assertThat(load.failures).isEmpty();
    }
    assertThat(fleet.first.audited)
        .filteredOn(event -> event.action().equals("Drain"))
        .singleElement()
        .satisfies(
            event -> {
              assertThat(event.caller()).isEqualTo("olga");
              assertThat(event.reason()).isEqualTo("new disk");
            });
    assertThat(browser.evaluate("document.title")).isEqualTo("System – Fairlead");
    // What is refused before the token is given is an error of the network for the browser.
    assertThat(browser.complaints()).filteredOn(each -> !each.contains("401")).isEmpty();
  }

  @Test
  void aMethodHasCurvesAndALinkForEachTime() throws Exception {
    try (Calls load = new Calls(fleet, 1)) {
      load.await(20);
      signIn("/services/inventory");
      awaitText("Methods, over the last ten seconds", METHOD);
      assertThat(browser.evaluate("location.hash")).isEmpty();
      browser.click("main a[href$='/methods/" + METHOD + "']");
      awaitText("As servers see it", "As callers see it", "inventory/inv-1", "checkout/out-1");
      browser.await("document.querySelectorAll('fl-chart canvas').length >= 4");
      browser.await(
          "/calls [0-9.]+\\/s, at most/.test(document.querySelector('fl-chart').ariaLabel ?? document.querySelector('fl-chart').getAttribute('aria-label'))");
      browser.click(".tabs a[href$='window=hour']");
      browser.await(
          "location.search === '?window=hour' && document.querySelector('.tabs a[aria-current=true]').innerText === '60 minutes'");
      browser.evaluate("history.back()");
      browser.await(
          "document.querySelector('.tabs a[aria-current=true]')?.innerText === '60 seconds'");
    }
    assertThat(browser.complaints()).isEmpty();
  }

  /** Threads that call checkout until they are stopped. */
  private static final class Calls implements AutoCloseable {
    final List<RuntimeException> failures = new CopyOnWriteArrayList<>();
    private final AtomicLong done = new AtomicLong();
    private final List<Thread> threads = new ArrayList<>();
    private volatile boolean stopped;

    Calls(FleetFixture fleet, int count) {
      for (int i = 0; i < count; i++) {
        Thread thread = new Thread(() -> run(fleet), "load-" + i);
        threads.add(thread);
        thread.start();
      }
    }

    private void run(FleetFixture fleet) {
      while (!stopped) {
        try {
          fleet.call("sku-" + done.get() % 100);
        } catch (RuntimeException e) {
          failures.add(e);
        }
        done.incrementAndGet();
      }
    }

    void await(int more) {
      long end = done.get() + more;
      Await.until(more + " calls", () -> done.get() >= end);
    }

    @Override
    public void close() {
      stopped = true;
      Await.until("the calls end", () -> threads.stream().noneMatch(Thread::isAlive));
    }
  }
}
