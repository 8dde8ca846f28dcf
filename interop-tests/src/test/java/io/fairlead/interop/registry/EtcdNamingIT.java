package io.fairlead.interop.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.RpcChannel;
import io.fairlead.interop.contract.OurDepot;
import io.fairlead.interop.depot.Depot;
import io.fairlead.interop.depot.DepotRpc;
import io.fairlead.interop.depot.StoreRequest;
import io.fairlead.interop.peer.Peer;
import io.fairlead.interop.peer.Peers;
import io.fairlead.interop.peer.Program;
import io.fairlead.interop.report.Area;
import io.fairlead.interop.report.Cases;
import io.fairlead.interop.report.Direction;
import io.fairlead.registry.etcd.Layout;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The package {@code naming} of etcd's own client for Go, in both directions. */
class EtcdNamingIT {
  private static final String PEER = "etcd's Go package naming";
  private static final Duration CEILING = Duration.ofMinutes(2);
  private static final int CALLS = 20;

  private static Peer go() {
    return Peers.goWithContract("go-depot", "depot/v1/depot.proto");
  }

  @TestFactory
  Stream<DynamicTest> aStockGoProgramFindsOurs() {
    Cases cases = Cases.of(Area.REGISTRY, PEER, Direction.THEIR_CLIENT);
    Supplier<Etcd> etcd = cases.shared(() -> Etcd.with(Layout.ETCD_NAMING));
    cases.test("finds and balances", () -> findsAndBalances(etcd.get()));
    cases.test("sees joins and leaves", () -> seesJoinsAndLeaves(etcd.get()));
    return cases.tests();
  }

  private static Program resolve(Etcd etcd, String service) {
    return go().start("resolve", "-etcd", etcd.address(), "-service", service);
  }

  private static void findsAndBalances(Etcd etcd) {
    String service = Etcd.newService();
    try (OurDepot one = etcd.serve(service, "one");
        OurDepot two = etcd.serve(service, "two");
        Program program = resolve(etcd, service)) {
      awaitCalls(program, counts -> counts.size() == 2);
      assertThat(calls(program, CALLS)).isEqualTo(Map.of("one", CALLS / 2, "two", CALLS / 2));
      assertThat(one.port()).isNotEqualTo(two.port());
    }
  }

  private static void seesJoinsAndLeaves(Etcd etcd) {
    String service = Etcd.newService();
    try (OurDepot one = etcd.serve(service, "one");
        Program program = resolve(etcd, service)) {
      assertThat(calls(program, CALLS)).containsOnlyKeys("one");
      long start = System.nanoTime();
      try (OurDepot two = etcd.serve(service, "two")) {
        awaitCalls(program, counts -> counts.containsKey("two"));
        print("a stock Go channel sees a join of ours", start);
        assertThat(two.port()).isNotEqualTo(one.port());
        start = System.nanoTime();
      }
      awaitCalls(program, counts -> !counts.containsKey("two"));
      print("a stock Go channel sees a leave of ours, with the close of the server", start);
    }
  }

  /** Calls in batches until one is as wanted; no call may fail on the way. */
  private static void awaitCalls(Program program, Predicate<Map<String, Integer>> wanted) {
    long end = System.nanoTime() + CEILING.toNanos();
    while (!wanted.test(calls(program, CALLS))) {
      assertThat(System.nanoTime()).as("it said %s", program.lines()).isLessThan(end);
    }
  }

  private static final Pattern ANSWER = Pattern.compile("^(CALLS|ERROR)(.*)$");

  private static Map<String, Integer> calls(Program program, int count) {
    int before = program.lines().size();
    program.say(Integer.toString(count));
    var answer = program.await(ANSWER, before);
    assertThat(answer.group(1)).as(answer.group()).isEqualTo("CALLS");
    Map<String, Integer> counts = new TreeMap<>();
    for (String word : answer.group(2).strip().split(" ", -1)) {
      String[] parts = word.split("=", 2);
      counts.put(parts[0], Integer.valueOf(parts[1]));
    }
    return counts;
  }

  @TestFactory
  Stream<DynamicTest> aChannelOfOursFindsGo() {
    Cases cases = Cases.of(Area.REGISTRY, PEER, Direction.OUR_CLIENT);
    Supplier<Etcd> etcd = cases.shared(() -> Etcd.with(Layout.ETCD_NAMING));
    cases.test("finds and balances", () -> weFindAndBalance(etcd.get()));
    cases.test("sees joins and leaves", () -> weSeeJoinsAndLeaves(etcd.get()));
    cases.test("the last one leaves silently", () -> lastLeavesSilently(etcd.get()));
    return cases.tests();
  }

  private static Program serve(Etcd etcd, String service, String name) {
    return go().start(
            "serve", "-etcd", etcd.address(), "-service", service, "-name", name, "-ttl", "2");
  }

  private static String address(Program server) {
    return "127.0.0.1:" + server.port();
  }

  private static void weFindAndBalance(Etcd etcd) throws InterruptedException {
    String service = Etcd.newService();
    try (Program one = serve(etcd, service, "one");
        Program two = serve(etcd, service, "two");
        Watched seen = new Watched(etcd.registry(), service)) {
      seen.await(address(one), address(two));
      try (RpcChannel channel =
          RpcChannel.to("etcd:///" + service).registry(etcd.registry()).build()) {
        Depot depot = DepotRpc.client(channel);
        awaitBoth(depot);
        Map<String, Integer> counts = calls(depot);
        // The contract says ROUND_ROBIN.
        assertThat(counts).isEqualTo(Map.of("one", CALLS / 2, "two", CALLS / 2));
      }
    }
  }

  /** A channel calls who is connected first, and then the others. */
  private static void awaitBoth(Depot depot) {
    long end = System.nanoTime() + CEILING.toNanos();
    while (calls(depot).size() < 2) {
      assertThat(System.nanoTime()).isLessThan(end);
    }
  }

  private static Map<String, Integer> calls(Depot depot) {
    Map<String, Integer> counts = new TreeMap<>();
    for (int i = 0; i < CALLS; i++) {
      counts.merge(depot.store(StoreRequest.getDefaultInstance()).getServer(), 1, Integer::sum);
    }
    return counts;
  }

  private static void weSeeJoinsAndLeaves(Etcd etcd) throws InterruptedException {
    String service = Etcd.newService();
    try (Program one = serve(etcd, service, "one");
        Watched seen = new Watched(etcd.registry(), service)) {
      seen.await(address(one));
      try (Program two = serve(etcd, service, "two")) {
        String both = address(two);
        long start = System.nanoTime();
        seen.await(address(one), both);
        print("our registry sees a join of Go, once its program has said so", start);
        start = System.nanoTime();
        two.say("revoke");
        seen.await(address(one));
        print("our registry sees a leave of Go", start);
      }
    }
  }

  private static void lastLeavesSilently(Etcd etcd) throws InterruptedException {
    String service = Etcd.newService();
    try (Watched seen = new Watched(etcd.registry(), service)) {
      long start;
      try (Program only = serve(etcd, service, "only")) {
        seen.await(address(only));
        start = System.nanoTime();
      }
      seen.awaitAbsent();
      Duration took =
          print("our registry believes that the last of Go is gone (TTL 2 s, grace 3 s)", start);
      assertThat(seen.wasHeld()).isTrue();
      assertThat(took).isGreaterThan(Etcd.GRACE);
    }
  }

  private static Duration print(String what, long start) {
    Duration took = Duration.ofNanos(System.nanoTime() - start);
    System.out.println(what + ": " + took.toMillis() + " ms");
    return took;
  }
}
