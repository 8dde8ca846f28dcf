package io.fairlead.interop.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.discovery.Registration;
import io.fairlead.interop.peer.Peer;
import io.fairlead.interop.peer.Peers;
import io.fairlead.interop.report.Area;
import io.fairlead.interop.report.Cases;
import io.fairlead.interop.report.Direction;
import io.fairlead.registry.etcd.KeyLayout;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The commands of docs/registry-etcd.md show what that page says. */
class EtcdctlIT {
  private static final Pattern LEASE = Pattern.compile("\"Lease\" : (\\d+)");
  private static final Pattern REVISION = Pattern.compile("\"revision\":(\\d+)");

  private static final String STATUS = "endpoint status -w table";
  private static final String ALL = "get --prefix inventory/";
  private static final String FIELDS = "get inventory/ID -w fields";
  private static final String TIME_TO_LIVE = "lease timetolive LEASE --keys";
  private static final String WATCH = "watch --prefix inventory/";
  private static final String ROLE = "role add shop";
  private static final String GRANT =
      "role grant-permission shop --prefix=true readwrite inventory/";
  private static final String USER = "user grant-role NAME shop";
  private static final String COMPACT = "compact REVISION";
  private static final String DEFRAG = "defrag";
  private static final String DISARM = "alarm disarm";

  /** Else a command of the page would go untested, or a test would speak of no page. */
  @Test
  void theseAreTheCommandsOfThePage() {
    assertThat(OperatorsPage.commands())
        .containsExactly(
            STATUS, ALL, FIELDS, TIME_TO_LIVE, WATCH, ROLE, GRANT, USER, COMPACT, DEFRAG, DISARM);
  }

  @TestFactory
  Stream<DynamicTest> etcdctl() {
    Cases cases = Cases.of(Area.TOOLS, "etcdctl", Direction.THEIR_CLIENT);
    Supplier<Etcd> etcd = cases.shared(() -> Etcd.with(KeyLayout.ETCD_NAMING));
    cases.test("endpoint status", () -> status(etcd.get()));
    cases.test("an instance and its lease", () -> instance(etcd.get()));
    cases.test("a watch", () -> watch(etcd.get()));
    cases.test("permissions", () -> permissions(etcd.get()));
    return cases.tests();
  }

  private static Peer etcdctl(Etcd etcd) {
    return Peers.installed("etcdctl", "apt-get install etcd-client")
        .with("--endpoints=" + etcd.address());
  }

  private static String run(Etcd etcd, String command) {
    return etcdctl(etcd).runWell(command.split(" ", -1));
  }

  private static void status(Etcd etcd) {
    assertThat(run(etcd, STATUS)).contains("ENDPOINT", "VERSION", "IS LEADER", etcd.address());
  }

  private static void instance(Etcd etcd) throws InterruptedException {
    String service = Etcd.newService();
    try (Registration entry = etcd.enter(service, "one", 7001);
        Watched seen = new Watched(etcd.registry(), service)) {
      seen.await(Set.of("127.0.0.1:7001"));
      assertThat(run(etcd, ALL.replace("inventory", service)))
          .startsWith(service + "/one\n")
          .contains("\"Op\":0", "\"Addr\":\"127.0.0.1:7001\"", "\"Metadata\":null", "\"fairlead\"");
      String fields = FIELDS.replace("inventory", service).replace("ID", entry.endpoint().id());
      Matcher lease = LEASE.matcher(run(etcd, fields));
      assertThat(lease.find()).isTrue();
      String id = Long.toHexString(Long.parseLong(lease.group(1)));
      assertThat(run(etcd, TIME_TO_LIVE.replace("LEASE", id)))
          .contains("granted with TTL(15s)", service + "/one");
    }
  }

  private static void watch(Etcd etcd) {
    String service = Etcd.newService();
    // From the beginning, as nothing tells when it has begun to watch.
    String[] command = (WATCH.replace("inventory", service) + " --rev=1").split(" ", -1);
    try (var program = etcdctl(etcd).start(command)) {
      Registration entry = etcd.enter(service, "one", 7001);
      program.await(Pattern.compile("^PUT$"));
      entry.close();
      program.await(Pattern.compile("\"draining\":true"));
      program.await(Pattern.compile("^DELETE$"));
    }
  }

  private static void permissions(Etcd etcd) {
    run(etcd, ROLE);
    run(etcd, GRANT);
    run(etcd, "user add NAME:secret");
    run(etcd, USER);
    assertThat(run(etcd, "role get shop")).contains("KV Read:", "KV Write:", "inventory/");
    assertThat(run(etcd, "user get NAME")).contains("shop");
  }

  @Test
  void theCommandsThatFreeSpaceDo() throws InterruptedException {
    // An etcd of its own: others watch from a revision that is gone afterwards.
    try (Etcd etcd = Etcd.with(KeyLayout.ETCD_NAMING)) {
      String service = Etcd.newService();
      try (Registration entry = etcd.enter(service, "one", 7001);
          Watched seen = new Watched(etcd.registry(), service)) {
        seen.await(Set.of("127.0.0.1:7001"));
        Matcher revision = REVISION.matcher(run(etcd, "endpoint status -w json"));
        assertThat(revision.find()).isTrue();
        assertThat(run(etcd, COMPACT.replace("REVISION", revision.group(1))))
            .contains("compacted revision " + revision.group(1));
        assertThat(run(etcd, DEFRAG)).contains("Finished defragmenting");
        run(etcd, DISARM);
        assertThat(run(etcd, "alarm list")).isBlank();
        assertThat(run(etcd, ALL.replace("inventory", service)))
            .startsWith(service + "/" + entry.endpoint().id());
      }
    }
  }
}
