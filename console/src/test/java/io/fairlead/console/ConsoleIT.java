package io.fairlead.console;

import static io.fairlead.console.ShopProcess.READER;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.DescriptorProtos.ServiceDescriptorProto;
import com.google.protobuf.DescriptorProtos.SourceCodeInfo;
import com.google.protobuf.DescriptorProtos.SourceCodeInfo.Location;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import io.fairlead.discovery.Endpoint;
import io.fairlead.discovery.Registration;
import io.fairlead.discovery.StaticRegistry;
import io.fairlead.gateway.Contracts;
import io.fairlead.management.ManagementServer;
import io.fairlead.testkit.Await;
import io.fairlead.testkit.Browser;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import shop.v1.ReserveRequest;

/** The console in Chromium: views are opened and read, and an endpoint is drained under load. */
@Timeout(180)
class ConsoleIT {
  private static final String METHOD = "shop.v1.Inventory/Reserve";

  /** Runs as a script, if a page takes it for markup. */
  private static final String HOSTILE =
      "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>";

  private static FleetFixture fleet;
  private static Browser browser;

  @BeforeAll
  static void start(@TempDir Path folder) throws Exception {
    fleet = new FleetFixture(HOSTILE);
    browser = Browser.start(folder);
  }

  @BeforeEach
  void forget() throws Exception {
    browser.forget(fleet.uri("/app/format.js"));
  }

  @AfterAll
  static void stop() {
    if (browser != null) {
      browser.close();
    }
    fleet.close();
  }

  private static void signIn(String path) throws Exception {
    browser.open(URI.create(fleet.uri(path) + "#token=" + ShopProcess.OPERATOR));
  }

  private static void awaitText(String... parts) throws InterruptedException {
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

  @Test
  void aTapShowsCallsOfOneMethodAsTheyEnd() throws Exception {
    signIn("/tap?method=" + METHOD);
    awaitText("calls have ended");
    try (Calls load = new Calls(fleet, 1)) {
      awaitText("Calls as they end, newest first", "inventory/inv-", "checkout/out-1");
      load.await(10);
    }
    assertThat(browser.complaints()).isEmpty();
  }

  @Test
  void thePageIsUsedByKeyboardAlone() throws Exception {
    fleet.call("sku");
    signIn("/system");
    awaitText("System", "inv-1");
    for (int i = 0; i < 10 && !focused().equals("Calls"); i++) {
      browser.press("Tab");
    }
    assertThat(focused()).isEqualTo("Calls");
    browser.press("Enter");
    awaitText("Calls, newest first");
    browser.await("document.activeElement.tagName === 'H1'");
    assertThat(focused()).as("what a screen reader reads first").isEqualTo("Calls");
  }

  private static String focused() throws InterruptedException {
    return browser.evaluate("document.activeElement.innerText.trim()");
  }

  @Test
  void axeFindsNoSeriousFaultInAnyView() throws Exception {
    String axe;
    String path =
        "/META-INF/resources/webjars/axe-core/"
            + System.getProperty("axe-core.version", "4.6.3")
            + "/axe.min.js";
    try (InputStream in = ConsoleIT.class.getResourceAsStream(path)) {
      axe = new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
    fleet.call("sku");
    Registration announced = ScalingViewTest.announce(fleet.registry, "inventory", "");
    signIn("/system");
    awaitText("inv-1");
    // Recent calls are soon pushed out by others; those that failed stay.
    assertThatThrownBy(() -> fleet.call("broken")).hasMessageContaining("INVALID_ARGUMENT");
    String failed = fleet.get("/calls?kind=failed", "text/plain", READER).body();
    String trace = failed.lines().skip(1).findFirst().orElseThrow().replaceAll(".* ", "");
    Map<String, String> views = new LinkedHashMap<>();
    views.put("/system", "table");
    views.put("/services/inventory", "main a");
    views.put("/methods/" + METHOD, "fl-chart canvas");
    views.put("/calls?kind=failed", "main td");
    views.put("/traces/" + trace, ".story");
    views.put("/tap", "h1");
    views.put("/policy", "main td");
    views.put("/scaling", "section td");
    views.put("/registry", "main td");
    views.put("/lint", "h1");
    views.put("/try?instance=inventory/inv-1&method=" + METHOD, "#f-sku");
    views.put("/services/nobody", "p.bad-text");
    for (Map.Entry<String, String> view : views.entrySet()) {
      browser.open(fleet.uri(view.getKey()));
      browser.await("document.querySelector(" + Browser.quoted(view.getValue()) + ")");
      browser.evaluate(axe + ";0");
      assertThat(faults("['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']"))
          .as(view.getKey())
          .isEqualTo("[]");
      // Colours alone differ between the themes, and these views have all of them.
      if (view.getKey().matches("/system|/methods/.*|/registry|/traces/.*")) {
        browser.evaluate(
            "(() => { const theme = document.getElementById('theme'); theme.value = 'dark';"
                + " theme.dispatchEvent(new Event('change')); })()");
        assertThat(faults("['color-contrast']")).as(view.getKey() + " in dark").isEqualTo("[]");
        browser.evaluate("localStorage.clear()");
      }
    }
    browser.open(fleet.uri("/system"));
    browser.click("button[aria-label='Actions on inventory/inv-1']");
    browser.await("document.querySelector('dialog[open]')");
    assertThat(browser.evaluate("document.querySelector('dialog select[name=level]').value"))
        .as("the level that is set if nobody chooses one")
        .isEqualTo("INFO");
    browser.evaluate(axe + ";0");
    assertThat(faults("['wcag2a', 'wcag2aa']")).as("the dialog").isEqualTo("[]");
    announced.close();
  }

  @Test
  void aDecisionIsSeenWhereTheServiceIs() throws Exception {
    Registration announced = ScalingViewTest.announce(fleet.registry, "inventory", HOSTILE);
    signIn("/scaling");
    awaitText("4 wanted", "up from 2: 302.0 offered", "Decisions about inventory");
    assertThat(browser.evaluate("String(document.querySelector('main img'))"))
        .as("a reason is text")
        .isEqualTo("null");
    browser.click("main th a");
    awaitText("endpoints are serving", "Decisions about inventory", "saturated");
    announced.close();
  }

  /** Returns serious and critical faults, by these rules of WCAG. */
  private static String faults(String rules) throws InterruptedException {
    return browser.evaluate(
        "axe.run({runOnly: "
            + rules
            + ", resultTypes: ['violations']}).then(found => JSON.stringify(found.violations.filter(each =>"
            + " ['serious', 'critical'].includes(each.impact)).map(each => each.id + ': '"
            + " + each.nodes.map(node => node.html + ' ' + node.failureSummary).join('; '))))");
  }

  @Test
  void aGraphOfCirclesIsDrawnAndOneOfEverybodyWithEverybodyEnds() throws Exception {
    String root = fleet.uri("/app/graph.js").toString();
    assertThat(
            browser.evaluate(
                "import('"
                    + root
                    + "').then(graph => JSON.stringify([...graph.columns(['a', 'b', 'c', 'd'], ["
                    + "['d', 'a'], ['a', 'b'], ['b', 'c'], ['c', 'a'], ['a', 'a']]"
                    + ".map(([from, to]) => ({from, to})))]))"))
        .isEqualTo("[[\"a\",1],[\"b\",2],[\"c\",3],[\"d\",0]]");
    assertThat(
            browser.evaluate(
                "import('"
                    + root
                    + "').then(graph => { const names = Array.from({length: 80}, (_, i) => 's' + i);"
                    + " const edges = names.flatMap(from => names.map(to => ({from, to})));"
                    + " return String(graph.columns(names, edges).size); })"))
        .isEqualTo("80");
  }

  @Test
  void oneFillsAFormCallsAndSharesTheCall() throws Exception {
    signIn("/try?instance=inventory/inv-1&method=" + METHOD);
    awaitText("It takes one shop.v1.ReserveRequest");
    browser.type("#f-sku", "<b>it's</b>");
    browser.press("Tab");
    browser.type("#f-quantity", "3");
    browser.press("Tab");
    browser.await("document.getElementById('try-requests').value.includes('\"quantity\": 3')");
    browser.type("#try-headers", "tenant: blue\nauthorization: Bearer " + ShopProcess.OPERATOR);
    browser.click("form.try button");
    browser.await("document.getElementById('try-result').innerText.includes('OK after')");
    assertThat(browser.evaluate("document.getElementById('try-result').innerText"))
        .contains("\"sku\": \"<b>it's</b>\"", "\"quantity\": 3");
    assertThat(
            browser.evaluate(
                "[...document.querySelectorAll('details pre')].map(each => each.textContent).join('\\n')"))
        .contains(
            "'{\"sku\":\"<b>it'\\''s</b>\",\"quantity\":3}'",
            "ReserveRequest.newBuilder().setSku(\"<b>it's</b>\").setQuantity(3).build()",
            "client.reserve(request)",
            "http://" + fleet.first.address() + "/" + METHOD);
    String shared = browser.evaluate("location.href");
    assertThat(shared).contains("tenant").doesNotContain("Bearer");
    browser.open(fleet.uri("/system"));
    awaitText("System");
    browser.open(URI.create(shared));
    browser.await("document.getElementById('f-quantity')?.value === '3'");
    browser.open(fleet.uri("/try?instance=inventory/inv-1&method=shop.v1.Inventory/Sync"));
    browser.await("document.getElementById('try-requests')");
    browser.type("#try-requests", "{\"quantity\": 1}\n{\"quantity\": 2}");
    browser.click("form.try button");
    browser.await("document.getElementById('try-result').innerText.includes('OK after')");
    assertThat(browser.evaluate("document.getElementById('try-result').innerText"))
        .contains("\"quantity\": \"2\"", "\"quantity\": \"4\"");
    assertThat(browser.complaints()).isEmpty();
  }

  @Test
  void aFormSaysWhatTheContractSaysOfAMethodAndItsFields(@TempDir Path folder) throws Exception {
    Descriptor message = ReserveRequest.getDescriptor();
    FileDescriptor file = message.getFile();
    ServiceDescriptor service = file.findServiceByName("Inventory");
    // As protoc --include_source_info writes them; generated classes have no comments.
    SourceCodeInfo comments =
        SourceCodeInfo.newBuilder()
            .addLocation(
                Location.newBuilder()
                    .addAllPath(
                        List.of(
                            FileDescriptorProto.SERVICE_FIELD_NUMBER,
                            service.getIndex(),
                            ServiceDescriptorProto.METHOD_FIELD_NUMBER,
                            service.findMethodByName("Reserve").getIndex()))
                    .setLeadingComments(" Puts an <b>article</b> aside.\n"))
            .addLocation(
                Location.newBuilder()
                    .addAllPath(
                        List.of(
                            FileDescriptorProto.MESSAGE_TYPE_FIELD_NUMBER,
                            message.getIndex(),
                            DescriptorProto.FIELD_FIELD_NUMBER,
                            message.findFieldByName("sku").getIndex()))
                    .setTrailingComments(" Of the shelf, not of the box.\n"))
            .build();
    FileDescriptorSet.Builder set = FileDescriptorSet.newBuilder();
    addImports(file, set, new HashSet<>());
    set.addFile(file.toProto().toBuilder().setSourceCodeInfo(comments));
    Path descriptors = folder.resolve("shop.pb");
    Files.write(descriptors, set.build().toByteArray());
    try (Console console =
            Console.builder()
                .process(fleet.first.address())
                .registry(fleet.registry)
                .tryIt(Contracts.descriptorSet(descriptors))
                .build();
        ManagementServer pages =
            ManagementServer.builder().port(0).handler("/console", console).start()) {
      browser.open(
          URI.create(
              pages.uri("/console/try?instance=inventory/inv-1&method=" + METHOD)
                  + "#token="
                  + ShopProcess.OPERATOR));
      awaitText("Puts an <b>article</b> aside.", "Of the shelf, not of the box.");
      assertThat(
              browser.evaluate(
                  "document.getElementById(document.getElementById('f-sku').getAttribute('aria-describedby')).textContent"))
          .as("what a screen reader says of the field")
          .isEqualTo("Of the shelf, not of the box.");
      assertThat(
              browser.evaluate(
                  "String(document.getElementById('f-quantity').hasAttribute('aria-describedby'))"))
          .isEqualTo("false");
      // Before the server closes, which ends the events of the page.
      assertThat(browser.complaints()).isEmpty();
    }
  }

  /** Adds what a file imports before the file, as a descriptor set has them. */
  private static void addImports(
      FileDescriptor file, FileDescriptorSet.Builder set, Set<String> added) {
    for (FileDescriptor each : file.getDependencies()) {
      if (added.add(each.getName())) {
        addImports(each, set, added);
        set.addFile(each.toProto());
      }
    }
  }

  @Test
  void tenThousandEndpointsDoNotHoldTheBrowser() throws Exception {
    Endpoint[] many = new Endpoint[10_000];
    Arrays.setAll(
        many, i -> Endpoint.of("e-%04d".formatted(i), "127.0.0.1", fleet.first.server.port()));
    Console console =
        Console.builder()
            .process(fleet.first.address())
            .registry(StaticRegistry.of("crowd", many))
            .build();
    try (console;
        ManagementServer pages =
            ManagementServer.builder().port(0).handler("/console", console).start()) {
      browser.command(
          "Page.addScriptToEvaluateOnNewDocument",
          Map.of(
              "source",
              "window.longest = 0; new PerformanceObserver(list => {"
                  + " for (const task of list.getEntries())"
                  + " longest = Math.max(longest, task.duration);"
                  + "}).observe({type: 'longtask', buffered: true});"));
      for (String view : List.of("/system", "/services/crowd", "/registry")) {
        // The machine may have other work; of several looks the shortest tells what the page takes.
        double longest = Double.MAX_VALUE;
        for (int look = 0; look < 10 && longest > 200; look++) {
          browser.open(
              URI.create(pages.uri("/console" + view + "?limit=200") + "#token=" + READER));
          awaitText("e-0199", "9,800 more");
          browser.type("input[name=find]", "e-9999");
          browser.press("Enter");
          browser.await("location.search === '?find=e-9999'");
          browser.await("!document.getElementById('main').innerText.includes('e-0199')");
          awaitText("e-9999");
          longest = Math.min(longest, Double.parseDouble(browser.evaluate("String(longest)")));
          browser.forget(fleet.uri("/app/format.js"));
        }
        assertThat(longest).as("the longest task of " + view + " in ms").isLessThanOrEqualTo(200);
      }
    }
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
