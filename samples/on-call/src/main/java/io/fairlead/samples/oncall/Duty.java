package io.fairlead.samples.oncall;

import io.fairlead.samples.oncall.shop.InventoryRpc;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One turn of duty. Each chapter has a fault, what shows it, what mends it, and how it is known
 * that it is mended. A step that does not come true ends the turn.
 */
final class Duty {
  static final Duration PATIENCE = Duration.ofSeconds(60);

  private static final String RESERVE = InventoryRpc.RESERVE.fullName();
  private static final String SUGGEST = InventoryRpc.SUGGEST.fullName();

  private static final int ORDERS_A_SECOND = 20;
  private static final int ORDERS_AT_THE_PEAK = 60;

  /** How many orders show that a fault is gone. */
  private static final int PROOF = 60;

  private static final int SLOW_DISK_MILLIS = 400;
  private static final int GOOD_DISK_MILLIS = 2;

  /** Between what a slow disk makes of an answer, and what a busy machine makes of it. */
  private static final int CLEARLY_SLOW_MILLIS = 300;

  private static final Pattern TRACE = Pattern.compile("\\[([0-9a-f]{32})]");

  private final PrintStream out;
  private final Shop shop;
  private final Load load;
  private final Command command;
  private final Page page;
  private int chapters;

  Duty(PrintStream out, Shop shop, Command command, Page page) {
    this.out = out;
    this.shop = shop;
    this.load = shop.load();
    this.command = command;
    this.page = page;
  }

  /** Plays it; returns whether all came true. */
  boolean go() throws Exception {
    load.start(ORDERS_A_SECOND);
    quiet();
    slowDisk();
    int failed = badDeploy();
    int without = overload();
    rollout();
    end(failed, without);
    return true;
  }

  private void quiet() throws Exception {
    chapter("All is well");
    int first = load.next();
    awaitOrders(first);
    Command.Output services = command.run("ls");
    check(services.cell("inventory", "INSTANCES").equals("3"), "the inventory has three instances");
    page.open("/system");
    await(
        "the page knows the rates",
        () -> page.figure("inventory", "Rate") > 0 && page.figure("checkout", "Rate") > 0);
    page.await("document.querySelector('svg .edge-label')");
    page.picture("system");
    check(failedFrom(first) == 0, "no order failed");
  }

  // Chapter 1

  private void slowDisk() throws Exception {
    chapter("An endpoint is slow");
    int first = load.next();
    shop.disk("inv-2", SLOW_DISK_MILLIS);
    page.open("/services/inventory");
    await(
        "the page shows who is slow",
        () ->
            page.figure("inv-2", "p99") > CLEARLY_SLOW_MILLIS
                && page.figure("inv-1", "p99") > 0
                && page.figure("inv-3", "p99") > 0);
    page.picture("slow-endpoint");
    Command.Output top = top("p50");
    check(
        top.number("inventory/inv-2", "P99 MS") > CLEARLY_SLOW_MILLIS
            && top.number("inventory/inv-1", "P50 MS") < CLEARLY_SLOW_MILLIS
            && top.number("inventory/inv-3", "P50 MS") < CLEARLY_SLOW_MILLIS,
        "found: inv-2 alone is slow");
    Command.Output logs = command.run("logs", "inv-2", "--level", "WARNING", "--last", "1");
    Matcher trace = TRACE.matcher(logs.text());
    check(trace.find() && logs.text().contains("/dev/sdb"), "found: its disk /dev/sdb is slow");
    Command.Output story = command.run("explain", trace.group(1));
    check(
        story.text().contains("checkout/checkout-1") && story.text().contains("inventory/inv-2"),
        "an order that waited for it is known in both processes");

    page.open("/system");
    page.click("button[aria-label='Actions on inventory/inv-2']");
    page.type("dialog input[name=reason]", "disk sdb is slow");
    page.picture("drain");
    page.click("dialog button[value=drain]");
    page.await(
        "document.getElementById('notice').textContent.includes('drain of inventory/inv-2: done')");
    out.println("   clicked: Drain, with the reason \"disk sdb is slow\"");
    await("no order goes to inv-2", () -> isClear(each -> each.isReservedBy("inv-2")));
    int drained = load.next();
    awaitOrders(drained);
    Command.Output list = command.run("ls", "inventory");
    check(list.cell("inv-2", "STATE").equals("draining"), "inv-2 is drained");
    check(
        load.ended(drained, load.next()).stream().noneMatch(each -> each.isReservedBy("inv-2")),
        "mended: no order goes to it any more");
    check(failedFrom(first) == 0, "no order failed, before, during or after");
    shop.disk("inv-2", GOOD_DISK_MILLIS);
    out.println("   The disk is replaced. inv-2 stays drained for now.");
  }

  // Chapter 2

  /** Returns how many orders failed. */
  private int badDeploy() throws Exception {
    chapter("A deploy is bad");
    int first = load.next();
    out.println("   The deployment tool puts version 1.5.0 on inv-3.");
    shop.deploy("inv-3", "1.5.0");
    await("orders fail", () -> failedFrom(first) >= 3);
    page.open("/calls?kind=failed&method=" + RESERVE);
    await("the page lists them", () -> page.text().contains("UNKNOWN"));
    page.click("main a[href*='/traces/']");
    await(
        "the page tells the story of one",
        () ->
            page.text().contains("served by inventory/inv-3")
                && page.text().contains("no further attempt"));
    check(
        page.text().contains("the handler of " + RESERVE + " failed"),
        "found: the handler of inv-3 fails, and such failures are not retried");
    page.picture("failed-call");
    Command.Output list = command.run("ls", "inventory");
    check(list.cell("inv-3", "VERSION").equals("1.5.0"), "found: inv-3 alone has version 1.5.0");
    Command.Output logs = command.run("logs", "inv-3", "--level", "WARNING", "--last", "1");
    check(
        logs.text().contains("ArithmeticException: / by zero")
            && logs.text().contains("Shelves.java:"),
        "found: the line of code");

    Command.Output emergency =
        command.run(
            "policy",
            "set",
            RESERVE,
            "retry.attempts=3",
            "retry.codes=UNAVAILABLE,UNKNOWN",
            "--for",
            "40s",
            "--reason",
            "1.5.0 fails",
            "--wait",
            "10s");
    int retried = load.next();
    check(
        emergency.text().contains("1 of 1 process applies"),
        "all processes apply the emergency policy");
    // Only every fourth order can fail, so it is looked at for longer.
    Command.Output top =
        command.run(
            "top",
            "inventory",
            "--by",
            "instance",
            "--sort",
            "errors",
            "--interval",
            "4s",
            "--once");
    check(top.number("inventory/inv-3", "FAILED/S") > 0, "inv-3 still fails");
    awaitOrders(retried);
    check(failedFrom(retried) == 0, "helped: failed attempts are made again, and no order fails");
    Command.Output policy = command.run("policy", "get", Shop.CHECKOUT, RESERVE);
    check(policy.cell("retry", "ORIGIN").startsWith("LIVE"), "the checkout says why");

    Command.Output weight = command.run("weight", "inv-3", "0", "--reason", "1.5.0 fails");
    check(weight.text().contains("weight 0"), "inv-3 is to get no calls");
    await("no order goes to inv-3", () -> isClear(each -> each.isReservedBy("inv-3")));
    Command.Output after = top("errors");
    check(after.number("inventory/inv-3", "FAILED/S") == 0, "mended: nothing fails any more");
    int failed = failedFrom(first);
    for (Load.Ended each : load.ended(first, retried)) {
      if (each.failed() && !each.failure().contains("the handler of " + RESERVE + " failed")) {
        throw new IllegalStateException("an order failed in another way: " + each.failure());
      }
    }
    check(
        failedFrom(retried) == 0,
        failed
            + " orders failed, all of them by the handler of 1.5.0 and before the emergency policy");
    return failed;
  }

  // Chapter 3

  /** Returns how many orders had to do without suggestions. */
  private int overload() throws Exception {
    chapter("An overload");
    int first = load.next();
    check(withoutFrom(0) == 0, "so far no order was without suggestions");
    load.rate(ORDERS_AT_THE_PEAK);
    out.println(
        "   The evening brings " + ORDERS_AT_THE_PEAK + " orders a second, and inv-1 is alone.");
    await("suggestions are refused", () -> withoutFrom(first) >= ORDERS_A_SECOND);
    page.open("/methods/" + SUGGEST);
    await("the page says why", () -> page.text().contains("QUEUE_FULL"));
    page.await("document.querySelectorAll('fl-chart canvas').length >= 4");
    page.picture("overload");
    Command.Output top = command.run("top", "inventory", "--sort", "errors", "--once");
    check(
        top.number(SUGGEST, "FAILED/S") > 0 && top.number(RESERVE, "FAILED/S") == 0,
        "found: suggestions are refused, reservations are not");
    Command.Output list = command.run("ls", "inventory");
    check(
        list.cell("inv-2", "STATE").equals("draining")
            && list.cell("inv-3", "STATE").equals("no calls"),
        "found: one of three instances takes calls");

    Command.Output undrain = command.run("undrain", "inv-2", "--reason", "the new disk is in");
    check(undrain.text().contains("SERVING"), "inv-2 is back");
    out.println("   The deployment tool puts version 1.4.0 back on inv-3.");
    shop.deploy("inv-3", "1.4.0");
    await("suggestions come again", () -> isClear(Load.Ended::hasNoSuggestions));
    int mended = load.next();
    awaitOrders(mended);
    Command.Output after = top("name");
    check(
        Shop.INVENTORY.stream()
            .allMatch(
                each ->
                    after.number("inventory/" + each, "CALLS/S") > 0
                        && after.number("inventory/" + each, "FAILED/S") == 0),
        "mended: three instances share the calls, and nothing is refused");
    check(withoutFrom(mended) == 0, "every order has suggestions again");
    int without = withoutFrom(first);
    check(failedFrom(first) == 0, without + " orders went without suggestions; no order failed");
    load.rate(ORDERS_A_SECOND);
    return without;
  }

  // Chapter 4

  private void rollout() throws Exception {
    chapter("A policy for a hundred processes");
    String pay = "oncall.v1.Payments/Pay";
    String payments = "oncall.v1.Payments";
    try (Tills tills = new Tills(shop.registry())) {
      await(
          "all take live policies",
          () ->
              shop.registry().policies().reports(payments).toCompletableFuture().join().size()
                  == tills.size() + 1);
      Command.Output first =
          command.run(
              "policy",
              "set",
              pay,
              "deadline=2s",
              "--reason",
              "tills wait too long",
              "--wait",
              "20s");
      check(first.text().contains("100 of 100 processes apply"), "all apply it");
      Command.Output second =
          command.runTo(
              6,
              "policy",
              "set",
              pay,
              "retry.attempts=3",
              "--reason",
              "payments get lost",
              "--wait",
              "20s");
      check(second.text().contains("3 refuse it"), "three processes refuse it, and say why");
      await(
          "the others apply it",
          () ->
              command.quietly("policy", "status", payments).text().contains("97 of 100 processes"));
      Command.Output status = command.runTo(6, "policy", "status", payments);
      check(
          status.text().contains("97 of 100 processes apply")
              && status.text().contains("the method is not marked idempotent")
              && status.text().contains("till-01"),
          "97 of 100 apply it, and those that refuse it keep the deadline");
      Command.Output back =
          command.run(
              "policy",
              "rollback",
              payments,
              "--reason",
              "a payment must not be made twice",
              "--wait",
              "20s");
      check(back.text().contains("100 of 100 processes apply"), "taken back: all agree again");
      Command.Output history = command.run("policy", "history", payments);
      check(history.lines().size() == 4, "the history has all three, with who and why");
    }
  }

  // The end

  private void end(int failed, int without) throws Exception {
    chapter("The emergency ends by itself");
    await(
        "the lease of the emergency policy ends",
        () ->
            shop.registry()
                .policies()
                .read("oncall.v1.Inventory")
                .toCompletableFuture()
                .join()
                .emergencies()
                .isEmpty());
    await(
        "the checkout has noticed",
        () ->
            command
                .quietly("policy", "get", Shop.CHECKOUT, RESERVE)
                .cell("retry", "ORIGIN")
                .equals("CONTRACT"));
    Command.Output policy = command.run("policy", "get", Shop.CHECKOUT, RESERVE);
    check(
        policy.cell("retry", "ORIGIN").equals("CONTRACT"), "the contract decides on retries again");
    check(page.complaints().isEmpty(), "the page had nothing to complain of");
    load.close();
    int all = load.next();
    check(
        failedFrom(0) == failed && withoutFrom(0) == without,
        String.format(
            Locale.ROOT,
            "%,d orders: %d failed, all by the bad deploy; %d went without suggestions, all in the"
                + " overload",
            all,
            failed,
            without));
    out.println("Every step came true.");
  }

  // What chapters share

  private Command.Output top(String sort) throws IOException, InterruptedException {
    return command.run("top", "inventory", "--by", "instance", "--sort", sort, "--once");
  }

  private int failedFrom(int number) {
    return (int) load.ended(number, load.next()).stream().filter(Load.Ended::failed).count();
  }

  private int withoutFrom(int number) {
    return (int)
        load.ended(number, load.next()).stream().filter(Load.Ended::hasNoSuggestions).count();
  }

  /** Returns whether none of the last orders is like that. */
  private boolean isClear(Predicate<Load.Ended> unwanted) {
    List<Load.Ended> last = load.last();
    return !last.isEmpty() && last.stream().noneMatch(unwanted);
  }

  /** Waits until as many orders as prove something, from this one on, have ended. */
  private void awaitOrders(int from) throws Exception {
    await("orders end", () -> load.next() >= from + PROOF && load.haveEnded(from + PROOF));
  }

  private void chapter(String title) {
    out.println();
    out.println(chapters + ". " + title);
    chapters++;
  }

  private void check(boolean came, String text) {
    if (!came) {
      throw new IllegalStateException("this is not so: " + text);
    }
    out.println("   ✓ " + text);
  }

  static void await(String what, Callable<Boolean> come) throws InterruptedException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    try {
      while (!come.call()) {
        if (System.nanoTime() > end) {
          throw new IllegalStateException(
              "waited " + PATIENCE.toSeconds() + " s in vain for this: " + what);
        }
        Thread.sleep(50);
      }
    } catch (InterruptedException | RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException("cannot see whether this came true: " + what, e);
    }
  }
}
