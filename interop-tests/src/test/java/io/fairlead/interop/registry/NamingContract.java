package io.fairlead.interop.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.RpcException;
import io.fairlead.client.RpcChannel;
import io.fairlead.discovery.Registration;
import io.fairlead.interop.contract.OurDepot;
import io.fairlead.interop.depot.Depot;
import io.fairlead.interop.depot.DepotRpc;
import io.fairlead.interop.depot.StoreRequest;
import io.fairlead.interop.report.Area;
import io.fairlead.interop.report.Cases;
import io.fairlead.interop.report.Direction;
import io.grpc.Status;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** What must hold between a registry of others and ours on one etcd, in both directions. */
abstract class NamingContract {
  private static final Duration CEILING = Duration.ofMinutes(2);
  private static final int CALLS = 20;

  private final Naming naming;

  NamingContract(Naming naming) {
    this.naming = naming;
  }

  @TestFactory
  Stream<DynamicTest> theyFindOurs() {
    Cases cases = Cases.of(Area.REGISTRY, naming.title(), Direction.THEIR_CLIENT);
    Supplier<Etcd> etcd = cases.shared(() -> Etcd.with(naming.layout()));
    cases.test("finds and balances", () -> theyFindAndBalance(etcd.get()));
    cases.test("sees joins and leaves", () -> theySeeJoinsAndLeaves(etcd.get()));
    return cases.tests();
  }

  private void theyFindAndBalance(Etcd etcd) {
    String service = Etcd.newService();
    try (OurDepot one = etcd.serve(service, "one");
        OurDepot two = etcd.serve(service, "two");
        TheirChannel channel = naming.find(etcd, service)) {
      channel.await(counts -> counts.size() == 2);
      assertThat(channel.calls(CALLS))
          .isEqualTo(Map.of(one.address(), CALLS / 2, two.address(), CALLS / 2));
    }
  }

  /** A server that leaves serves on for a while; what counts is when nobody calls it any more. */
  private void theySeeJoinsAndLeaves(Etcd etcd) {
    String service = Etcd.newService();
    Delays joins = new Delays();
    Delays leaves = new Delays();
    List<CompletableFuture<Void>> closings = new ArrayList<>();
    try (OurDepot one = etcd.serve(service, "one");
        TheirChannel channel = naming.find(etcd, service)) {
      assertThat(channel.calls(CALLS)).containsOnlyKeys(one.address());
      for (int i = 0; i < Delays.ROUNDS; i++) {
        OurDepot two = etcd.serve(service, "two-" + i);
        long joined = System.nanoTime();
        channel.await(counts -> counts.containsKey(two.address()));
        joins.since(joined);
        long left = System.nanoTime();
        closings.add(CompletableFuture.runAsync(two::close));
        channel.await(counts -> !counts.containsKey(two.address()));
        leaves.since(left);
      }
    } finally {
      closings.forEach(CompletableFuture::join);
    }
    joins.assertWithinASecond(naming.title() + " sees a join of ours, after start()");
    leaves.assertWithinASecond(naming.title() + " sees a leave of ours, after the call of close()");
  }

  @TestFactory
  Stream<DynamicTest> weFindTheirs() {
    Cases cases = Cases.of(Area.REGISTRY, naming.title(), Direction.OUR_CLIENT);
    Supplier<Etcd> etcd = cases.shared(() -> Etcd.with(naming.layout()));
    cases.test("finds and balances", () -> weFindAndBalance(etcd.get()));
    cases.test("sees joins and leaves", () -> weSeeJoinsAndLeaves(etcd.get()));
    cases.test("the last one leaves silently", () -> lastLeavesSilently(etcd.get()));
    return cases.tests();
  }

  private void weFindAndBalance(Etcd etcd) throws InterruptedException {
    String service = Etcd.newService();
    try (GoServer one = GoServer.start("one");
        GoServer two = GoServer.start("two");
        TheirEntry first = naming.enter(etcd, service, "one", one.address());
        TheirEntry second = naming.enter(etcd, service, "two", two.address());
        Watched seen = new Watched(etcd.registry(), service);
        RpcChannel channel = etcd.channel(service)) {
      seen.await(Set.of(one.address(), two.address()));
      Depot depot = DepotRpc.client(channel);
      awaitServers(depot, Set.of("one", "two"));
      // The contract says ROUND_ROBIN.
      assertThat(calls(depot)).isEqualTo(Map.of("one", CALLS / 2, "two", CALLS / 2));
      second.leave();
      awaitServers(depot, Set.of("one"));
      first.leave();
      second.enter();
      awaitServers(depot, Set.of("two"));
    }
  }

  private static Map<String, Integer> calls(Depot depot) {
    Map<String, Integer> counts = new TreeMap<>();
    for (int i = 0; i < CALLS; i++) {
      counts.merge(call(depot), 1, Integer::sum);
    }
    return counts;
  }

  private static String call(Depot depot) {
    return depot.store(StoreRequest.getDefaultInstance()).getServer();
  }

  /** No call may fail on the way. A channel calls who is connected first, and then the others. */
  private static void awaitServers(Depot depot, Set<String> names) {
    long end = System.nanoTime() + CEILING.toNanos();
    while (!calls(depot).keySet().equals(names)) {
      assertThat(System.nanoTime()).isLessThan(end);
    }
  }

  /**
   * Beside one that stays: when the only one disappears without deregistering, self-preservation
   * keeps it.
   */
  private void weSeeJoinsAndLeaves(Etcd etcd) throws InterruptedException {
    String service = Etcd.newService();
    Registration other = etcd.enter(service, "stays", 7001);
    Set<String> stay = Set.of("127.0.0.1:7001");
    String theirs = "127.0.0.1:7100";
    Set<String> all = Set.of("127.0.0.1:7001", theirs);
    Delays joins = new Delays();
    Delays leaves = new Delays();
    try (TheirEntry entry = naming.enter(etcd, service, "theirs", theirs);
        Watched seen = new Watched(etcd.registry(), service)) {
      seen.await(all);
      for (int i = 0; i < Delays.ROUNDS; i++) {
        long left = System.nanoTime();
        entry.leave();
        seen.await(stay);
        leaves.since(left);
        long joined = System.nanoTime();
        entry.enter();
        seen.await(all);
        joins.since(joined);
      }
    }
    other.close();
    joins.assertWithinASecond("we see a join of " + naming.title());
    leaves.assertWithinASecond("we see a leave of " + naming.title());
  }

  /** The server itself keeps answering, so that calls show how long it stays in use. */
  private void lastLeavesSilently(Etcd etcd) throws InterruptedException {
    String service = Etcd.newService();
    try (GoServer only = GoServer.start("only");
        Watched seen = new Watched(etcd.registry(), service);
        RpcChannel channel = etcd.channel(service)) {
      Depot depot = DepotRpc.client(channel);
      long silent;
      try (TheirEntry entry = naming.enter(etcd, service, "only", only.address())) {
        seen.await(Set.of(only.address()));
        assertThat(call(depot)).as("%s", entry).isEqualTo("only");
        silent = System.nanoTime();
      }
      RpcException refusal = callUntilRefused(depot);
      Duration inUse = Duration.ofNanos(System.nanoTime() - silent);
      assertThat(inUse).as("%s", refusal).isGreaterThan(Etcd.GRACE);
      assertThat(refusal.code()).isEqualTo(Status.Code.UNAVAILABLE);
      seen.awaitAbsent();
      assertThat(seen.wasHeld()).isTrue();
      Cases.time(
          "we believe that the last of " + naming.title() + " is gone, TTL 2 s, grace 3 s",
          inUse.toMillis() + " ms");
    }
  }

  private static RpcException callUntilRefused(Depot depot) {
    long end = System.nanoTime() + CEILING.toNanos();
    while (System.nanoTime() < end) {
      try {
        assertThat(call(depot)).isEqualTo("only");
      } catch (RpcException refusal) {
        return refusal;
      }
      // It needs no more calls than that to tell.
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
    }
    throw new AssertionError("in use for " + CEILING);
  }
}
